import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { buildChildEnv, findBinary, isInside, runProcess, type GuardedFetch } from "../guard/index.ts";
import { holdExclusiveLock, makeDirectory, openJsonFile, writeFileAtomic } from "../state/index.ts";
import type { InstallHost, InstallPlan } from "./plan.ts";

/** How an installation ended (protocol.md 3.7, `skills.install`). */
export interface InstallResult {
  ok: boolean;
  message: string;
  /** The end of what was printed. */
  stdout: string;
  stderr: string;
  code: number | null;
}

export interface InstallOptions {
  host: InstallHost;
  /** Environment the package manager inherits a few names from. */
  env: Readonly<Record<string, string | undefined>>;
  fetch: GuardedFetch;
  clock: Clock;
  signal: AbortSignal;
  timeoutMs: number;
  /** For the record: who asked, and for which skill. */
  by: string;
  skill: string;
}

const shownBytes = 16_384;
const maxDownloadBytes = 256 * 1024 * 1024;

/** Folder of the toolbox whose programs commands find, after those of the machine. */
export const toolboxBin = (dir: string): string => join(dir, "bin");

/**
 * Carries out a plan, checks that its programs are there, and writes down what was done (`<dir>/installed.json`). One at
 * a time per state directory. What fails leaves no program behind.
 * @throws UserError STATE_BUSY while another one runs; what the guarded fetch throws
 */
export async function install(plan: InstallPlan, options: InstallOptions): Promise<InstallResult> {
  const { host } = options;
  makeDirectory(host.dir);
  const lock = holdExclusiveLock(join(host.dir, "install.lock.sqlite"), 0);
  try {
    const folder = plan.folder === null ? null : join(host.dir, plan.folder);
    if (folder !== null) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    const ended =
      "url" in plan.work ? await download(plan, plan.work, options) : await manage(plan, plan.work, options);
    const problem = ended.ok ? linkAll(plan, host) : null;
    const result = problem === null ? ended : { ...ended, ok: false, message: problem };
    if (!result.ok && folder !== null) {
      rmSync(folder, { recursive: true, force: true });
      unlinkAll(plan, host, folder);
    }
    record(plan, result, options);
    return result;
  } finally {
    lock.release();
  }
}

async function manage(
  plan: InstallPlan,
  work: Extract<InstallPlan["work"], { program: string }>,
  options: InstallOptions,
): Promise<InstallResult> {
  const { host, clock, signal, timeoutMs } = options;
  const cwd = plan.folder === null ? host.dir : join(host.dir, plan.folder);
  const env = {
    // npm is a script that looks for node; brew and go look for git and a downloader.
    ...buildChildEnv({ source: options.env, pathPrepend: [dirname(host.node), dirname(work.program)] }),
    ...work.env,
  };
  const end = await runProcess(
    { file: work.program, args: work.args, cwd, env },
    { clock, signal, timeoutMs },
  );
  signal.throwIfAborted();
  const tail = (text: string) => text.slice(-shownBytes).toWellFormed();
  const ok = end.exitCode === 0 && !end.timedOut;
  return {
    ok,
    message: ok ? `Installed ${plan.bins.join(", ")}` : failure(work.program, end, timeoutMs),
    stdout: tail(end.stdout),
    stderr: tail(end.stderr),
    code: end.exitCode,
  };
}

function failure(
  program: string,
  end: { exitCode: number | null; timedOut: boolean; signal: string | null; stderr: string; stdout: string },
  timeoutMs: number,
): string {
  const name = program.split("/").at(-1) ?? program;
  if (end.timedOut) return `${name} took longer than ${Math.round(timeoutMs / 1000)} s`;
  const lines = `${end.stdout}\n${end.stderr}`
    .split("\n")
    .filter((line) => line.trim() !== "" && !/complete log of this run/.test(line));
  const said = (
    lines.findLast((line) => /err|fail|cannot|not found/i.test(line)) ??
    lines.at(-1) ??
    ""
  ).trim();
  return `${name} ended with ${end.exitCode ?? end.signal}${said === "" ? "" : `: ${said.slice(0, 300)}`}`;
}

/** One file whose digest the skill names: checked before it is anything but bytes. */
async function download(
  plan: InstallPlan,
  work: Extract<InstallPlan["work"], { url: URL }>,
  options: InstallOptions,
): Promise<InstallResult> {
  const { fetch, signal, timeoutMs, host } = options;
  const said = (ok: boolean, message: string): InstallResult => ({
    ok,
    message,
    stdout: "",
    stderr: "",
    code: ok ? 0 : null,
  });
  try {
    const response = await fetch(work.url, {
      signal,
      limits: { totalTimeoutMs: timeoutMs, maxBytes: maxDownloadBytes, maxRedirects: 5 },
    });
    if (!response.ok) return said(false, `${work.url.host} answered ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const digest = createHash("sha256").update(bytes).digest("hex");
    if (digest !== work.sha256)
      return said(false, `what came is not what the skill names: its sha256 is ${digest}`);
    const path = join(host.dir, plan.folder ?? "", "bin", plan.bins[0] ?? "");
    writeFileAtomic(path, bytes, { mode: 0o755 });
    return said(true, `Installed ${plan.bins.join(", ")}`);
  } catch (error) {
    signal.throwIfAborted();
    return said(false, `it cannot be fetched: ${messageOf(error)}`);
  }
}

/**
 * Makes the programs of a plan findable, and only those it names: what else a package brings stays out of the way.
 * @returns what is wrong, null when they are there
 */
function linkAll(plan: InstallPlan, host: InstallHost): string | null {
  const { folder, bins } = plan;
  const lacks = (names: string[]) =>
    names.length === 0 ? null : `it was installed, but brought no ${names.join(", ")}`;
  if (folder === null) return lacks(bins.filter((bin) => findBinary(bin, host.folders) === null));
  const dir = realpathSync(join(host.dir, folder));
  const made = plan.kind === "node" ? join(dir, "node_modules", ".bin") : join(dir, "bin");
  const missing = bins.filter((bin) => !existsSync(join(made, bin)));
  if (missing.length > 0) return lacks(missing);
  const files = bins.map((bin) => realpathSync(join(made, bin)));
  const outside = files.find((file) => !isInside(dir, file));
  if (outside !== undefined) return `a program of it points out of its folder: ${outside}`;
  for (const [index, bin] of bins.entries()) {
    const words = plan.kind === "node" ? [host.node, files[index] ?? ""] : [files[index] ?? ""];
    // No link: the Node of `#!/usr/bin/env node` may not be where commands look for programs.
    const text = `#!/bin/sh\nexec ${words.map(quoted).join(" ")} "$@"\n`;
    writeFileAtomic(join(toolboxBin(host.dir), bin), text, { mode: 0o755 });
  }
  return null;
}

/** Takes away the programs of an installation whose folder is gone. */
function unlinkAll(plan: InstallPlan, host: InstallHost, folder: string): void {
  for (const bin of plan.bins) {
    const path = join(toolboxBin(host.dir), bin);
    if (existsSync(path) && readFileSync(path, "utf8").includes(folder)) rmSync(path);
  }
}

const keptEntries = 500;

function record(plan: InstallPlan, result: InstallResult, options: InstallOptions): void {
  const { kind, shown, bins, digest } = plan;
  const { ok, message } = result;
  const entry = {
    at: new Date(options.clock.now()).toISOString(),
    by: options.by,
    skill: options.skill,
    kind,
    shown,
    bins,
    digest,
    ok,
    message,
  };
  openJsonFile<{ entries: unknown[] }>({
    path: join(options.host.dir, "installed.json"),
    parse: (value) => ({
      entries: isObject(value) && Array.isArray(value["entries"]) ? value["entries"] : [],
    }),
    empty: () => ({ entries: [] }),
  }).update(({ entries }) => ({ entries: [...entries, entry].slice(-keptEntries) }));
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
