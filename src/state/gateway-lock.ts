import { closeSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../core/clock.ts";
import { codeOf, messageOf, UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { writeFileAtomic } from "./atomic-file.ts";
import type { Paths } from "./paths.ts";
import { makeDirectory } from "./make-directory.ts";
import { isProcessAlive, processStartTime } from "./process-start.ts";
import { storageError } from "./storage-error.ts";

/** What `gateway.<pid>.lock` says about the gateway that holds the state (STATE-021). */
export interface GatewayLockInfo {
  pid: number;
  version: string;
  /** Port it listens on, or is about to. */
  port: number;
  host?: string;
  profile: string;
  configPath: string;
  stateDir: string;
  /** ISO 8601. */
  createdAt: string;
  /** Start of the process as {@link processStartTime} tells it. */
  startTime: number | null;
}

export interface GatewayLock {
  readonly info: GatewayLockInfo;
  /** Writes new facts (port, host, version) into the info file: after listening, and on an in-process restart. */
  update(change: Partial<Pick<GatewayLockInfo, "port" | "host" | "version">>): void;
  /** Removes the info file and lets the next gateway in. */
  release(): void;
}

const lockName = /^gateway\.(\d{1,10})\.lock$/;

/**
 * Takes the state directory for one gateway. The lock is an exclusive transaction on `gateway.lock.sqlite`: the
 * operating system frees it however the process ends, so no stale lock has to be guessed at; the JSON file beside it
 * is for people and for `openclaw status`. Files of dead gateways are removed.
 * @throws UserError GATEWAY_RUNNING at once (tens of milliseconds) when another gateway holds it.
 */
export function acquireGatewayLock(
  paths: Paths,
  options: { port: number; version: string; clock: Clock; host?: string },
): GatewayLock {
  const lockPath = join(paths.stateDir, "gateway.lock.sqlite");
  const db = openLockDatabase(lockPath);
  try {
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if (!/locked|busy/i.test(messageOf(error))) throw storageError(error, { action: "lock", path: lockPath });
    throw runningError(paths, options.port);
  }
  removeInfoFiles(paths.stateDir);
  const infoPath = join(paths.stateDir, `gateway.${process.pid}.lock`);
  let info: GatewayLockInfo = {
    pid: process.pid,
    version: options.version,
    port: options.port,
    ...(options.host !== undefined && { host: options.host }),
    profile: paths.profile,
    configPath: paths.configPath,
    stateDir: paths.stateDir,
    createdAt: new Date(options.clock.now()).toISOString(),
    startTime: processStartTime(process.pid),
  };
  // It dies with the process, so it need not outlive the machine: starting does not wait for the disk.
  const write = () => writeFileAtomic(infoPath, `${JSON.stringify(info)}\n`, { durable: false });
  try {
    write();
  } catch (error) {
    db.close();
    throw error;
  }
  let released = false;
  return {
    get info() {
      return info;
    },
    update(change) {
      info = { ...info, ...change };
      write();
    },
    release() {
      if (released) return;
      released = true;
      rmSync(infoPath, { force: true });
      db.close();
    },
  };
}

/** The gateway that runs on this state, or null. Costs one directory listing; opens no database. */
export function readGatewayLock(paths: Pick<Paths, "stateDir">): GatewayLockInfo | null {
  for (const { pid, path } of infoFiles(paths.stateDir)) {
    if (!isProcessAlive(pid)) continue;
    const info = readInfo(path);
    if (info?.pid !== pid) continue;
    const started = processStartTime(pid);
    if (info.startTime === null || started === null || info.startTime === started) return info;
  }
  return null;
}

function openLockDatabase(path: string): DatabaseSync {
  try {
    makeDirectory(dirname(path));
    // Before the lock is taken: closing any descriptor of the file later would drop the lock (POSIX).
    closeSync(openSync(path, "a", 0o600));
    const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
    // A gateway that is just ending gets a moment; a second one is still refused in well under 100 ms.
    return new Database(path, { timeout: 30 });
  } catch (error) {
    throw storageError(error, { action: "open", path });
  }
}

function runningError(paths: Paths, port: number): UserError {
  const owner = readGatewayLock(paths);
  const who = owner ? `pid ${owner.pid}, port ${owner.port}` : "its process could not be identified";
  return new UserError(
    "GATEWAY_RUNNING",
    `another gateway instance is already listening (${who}) and uses the state directory ${paths.stateDir}`,
    {
      hint: owner
        ? `use that one, stop it with \`kill ${owner.pid}\`, or start this one apart: openclaw --profile <name> gateway --port ${port + 1}`
        : `stop the process that has ${paths.stateDir} open, or start this one apart: openclaw --profile <name> gateway --port ${port + 1}`,
      details: owner ? { pid: owner.pid, port: owner.port } : {},
    },
  );
}

function infoFiles(stateDir: string): Array<{ pid: number; path: string }> {
  let names: string[];
  try {
    names = readdirSync(stateDir);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw storageError(error, { action: "read", path: stateDir });
  }
  return names.flatMap((name) => {
    const pid = Number(lockName.exec(name)?.[1]);
    return pid > 0 ? [{ pid, path: join(stateDir, name) }] : [];
  });
}

function removeInfoFiles(stateDir: string): void {
  for (const { path } of infoFiles(stateDir)) rmSync(path, { force: true });
}

/** Null for what is torn, foreign or gone meanwhile: the caller then knows as little as without the file. */
function readInfo(path: string): GatewayLockInfo | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!isObject(value) || typeof value["pid"] !== "number" || typeof value["port"] !== "number")
      return null;
    return value as unknown as GatewayLockInfo;
  } catch {
    return null;
  }
}
