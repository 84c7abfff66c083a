import { join } from "node:path";
import type { RestoredBackup } from "../../../backup/index.ts";
import { sleep } from "../../../core/clock.ts";
import { isObject } from "../../../core/json.ts";
import { UserError } from "../../../core/errors.ts";
import { runProcess } from "../../../guard/index.ts";
import {
  detectSupervisor,
  resolveGatewayService,
  thisHost,
  type Supervisor,
} from "../../../service/index.ts";
import { readDotenv } from "../../../state/index.ts";
import type { CommandContext } from "../../contract.ts";
import { installRoot } from "../../package-info.ts";

const readyWithinMs = 60_000;

/** How a restored gateway is brought up on this machine. */
export interface Boot {
  /** `foreground`: there is no service manager, or none is wanted. */
  way: "service" | "foreground";
  /** The running service that is in the way, stopped for the time of the restore; null when none was. */
  stopped: Supervisor | null;
  /** The environment without what the `.env` of the state that is replaced had added. */
  env: Record<string, string>;
}

/** Looks how to boot, and stops the service of the state that is to be replaced. */
export async function prepareBoot(
  context: CommandContext,
  options: { foreground: boolean; replaces: boolean },
): Promise<Boot> {
  const { paths, clock, signal } = context;
  const env = envWithout(context);
  const host = thisHost({ env: context.env, home: paths.home, clock });
  const kind = detectSupervisor(host);
  const isManaged = kind !== null && (host.platform !== "linux" || host.systemdBooted);
  if (!isManaged) return { way: "foreground", stopped: null, env };
  const way = options.foreground ? "foreground" : "service";
  const { profile, stateDir } = paths;
  const supervisor = resolveGatewayService(host, { profile, stateDir, signal });
  const state = await supervisor.inspect();
  const isOurs = state.facts?.stateDir === stateDir;
  if (!options.replaces || !isOurs || state.runtime !== "running") return { way, stopped: null, env };
  await supervisor.stop();
  return { way, stopped: supervisor, env };
}

function envWithout({ env, paths }: CommandContext): Record<string, string> {
  const before = readDotenv(paths.dotenvPath);
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && before[entry[0]] !== entry[1],
    ),
  );
}

/** Repairs that are safe, without asking: what an archive of an older version needs to be understood. */
export async function migrateRestored(
  context: CommandContext,
  boot: Boot,
): Promise<{ changes: string[]; findings: string[] }> {
  const answer = await openclaw(context, boot, ["doctor", "--non-interactive", "--json"]);
  const report: unknown = parsed(answer.stdout);
  if (!isObject(report)) return { changes: [], findings: [answer.stderr.trim()] };
  const { changes, findings } = report;
  return {
    changes: Array.isArray(changes) ? changes.map(String) : [],
    findings: (Array.isArray(findings) ? findings.filter(isObject) : [])
      .filter(({ severity }) => severity !== "info")
      .map(({ title, evidence }) => `${String(title)}: ${String(evidence)}`),
  };
}

/**
 * Installs the service, starts it, and waits until the gateway answers with this installation's own secret.
 * @throws UserError BOOT_FAILED with what was said; the restored state stays where it is
 */
export async function bootService(
  context: CommandContext,
  boot: Boot,
  { movedAside }: Pick<RestoredBackup, "movedAside">,
): Promise<{ service: string; url: string; notes: string[] }> {
  const { clock, signal } = context;
  const failed = (what: string) =>
    new UserError("BOOT_FAILED", `the backup is restored, and its gateway does not run: ${what}`, {
      hint: `openclaw doctor, then openclaw gateway${movedAside ? `   (what was there before is in ${movedAside})` : ""}`,
    });
  const installed = await openclaw(context, boot, ["gateway", "install", "--force", "--json"]);
  const answer = parsed(installed.stdout);
  if (!installed.ok || !isObject(answer)) throw failed(errorOf(installed));
  const giveUp = clock.monotonic() + readyWithinMs;
  for (;;) {
    const probe = await openclaw(context, boot, ["gateway", "probe", "--json"]);
    if (probe.ok) break;
    if (clock.monotonic() > giveUp) throw failed(`it does not answer within ${readyWithinMs / 1000} s`);
    await sleep(clock, 300, signal);
  }
  const address = parsed((await openclaw(context, boot, ["dashboard", "--json"])).stdout);
  return {
    service: String(answer["name"]),
    url: isObject(address) ? String(address["url"]) : "",
    notes: Array.isArray(answer["notes"]) ? answer["notes"].map(String) : [],
  };
}

/** Runs the gateway here until it is told to stop; resolves with nothing when it ended as it should. */
export async function bootForeground(context: CommandContext, boot: Boot): Promise<void> {
  const { paths } = context;
  const { runGateway } = await context.app();
  // As `openclaw gateway --setup`: it prints its address, and a configuration without a mode gets one.
  await runGateway({
    paths,
    env: { ...readDotenv(paths.dotenvPath), ...boot.env },
    flags: { setup: true },
  });
}

interface Outcome {
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** This program once more: what was restored is read afresh, its `.env` too. */
async function openclaw(
  { paths, clock, signal }: CommandContext,
  { env }: Boot,
  words: string[],
): Promise<Outcome> {
  const profile = paths.profile === "default" ? [] : ["--profile", paths.profile];
  const args = [join(installRoot(), "bin", "openclaw.js"), ...profile, ...words];
  const end = await runProcess(
    { file: process.execPath, args, cwd: paths.home, env },
    { clock, signal, timeoutMs: 240_000 },
  );
  signal.throwIfAborted();
  return { ok: end.exitCode === 0, stdout: end.stdout, stderr: end.stderr };
}

function errorOf({ stdout, stderr }: Outcome): string {
  const answer = parsed(stdout);
  const error = isObject(answer) ? answer["error"] : null;
  if (isObject(error)) return String(error["message"]);
  return stderr.trim().replace(/^error: /, "") || "it said nothing";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // not what --json promises: the caller says what it did get
  }
}
