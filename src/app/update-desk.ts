import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sleep, type Clock } from "../core/clock.ts";
import { codeOf, UserError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { buildChildEnv, findBinary, searchPath, startDetached } from "../guard/index.ts";
import type { UpdateAnswer, UpdateDesk } from "../gateway/contract.ts";
import { writeFileAtomic, type Paths } from "../state/index.ts";
import { isWorker, openSlots, readReport, type UpdateReport } from "../update/index.ts";
import type { Installation } from "./contract.ts";

export interface UpdateDeskOptions {
  /** How this program came here; null where nobody said. */
  installation: Installation | null;
  version: string;
  paths: Paths;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  logger: Logger;
}

const lookEveryMs = 100;
const defaultTimeoutMs = 1_200_000;
const defaultDelayMs = 2000;
const longestDelayMs = 60_000;

/**
 * `update.run` (protocol.md 3.11): has `openclaw update` fetch, try and switch in a process of its own, which outlives
 * the restart of this one and takes the version back when it fails. Which version is decided there: the newest of
 * `update.channel`.
 */
export function createUpdateDesk(options: UpdateDeskOptions): UpdateDesk {
  const { installation, version, paths, clock, logger } = options;
  return {
    async run({ by, note, sessionKey, ...wish }) {
      const started = clock.now();
      const root = installation?.root;
      const answer = (
        result: Pick<UpdateAnswer["result"], "status"> & Partial<UpdateAnswer["result"]>,
        more: Partial<Pick<UpdateAnswer, "restart" | "sentinel">> = {},
      ): UpdateAnswer => ({
        ok: result.status !== "error",
        result: {
          mode: installation?.kind ?? "unknown",
          ...(root === undefined ? {} : { root }),
          before: { version },
          steps: [],
          durationMs: clock.now() - started,
          ...result,
        },
        restart: null,
        sentinel: null,
        ...more,
      });
      if (installation?.kind !== "slots") {
        const byHand = installation?.byHand ?? "npm i -g openclaw@latest";
        const reason = `this copy is not changed from here; on the gateway's machine: ${byHand}`;
        return answer({ status: "skipped", reason });
      }
      const { underWay } = openSlots(installation.root).state();
      if (underWay !== null && isWorker(underWay))
        throw new UserError("UPDATE_RUNNING", `an update to ${underWay.to} is under way`, {
          hint: "openclaw update status",
          retryable: true,
        });
      const delayMs = Math.min(wish.restartDelayMs ?? defaultDelayMs, longestDelayMs);
      const reportPath = join(paths.cacheDir, "update-run.json");
      rmSync(reportPath, { force: true });
      const worker = await startWorker({ ...options, installation, reportPath, delayMs });
      if (typeof worker === "string") return answer({ status: "skipped", reason: worker });
      logger.info("an update was asked for", { by, pid: worker.pid, ...(note ? { note } : {}) });
      const report = await waitFor(reportPath, worker.ended, wish.timeoutMs ?? defaultTimeoutMs);
      const steps = (report?.steps ?? []).map(({ name }) => ({ name }));
      const told = { steps, ...(report?.to ? { after: { version: report.to } } : {}) };
      const { end, switching } = report ?? {};
      if (end?.result === "current")
        return answer({ ...told, status: "skipped", reason: `${version} is the newest already` });
      if (end?.result === "failed")
        return answer({ ...told, status: "error", reason: end.reason ?? "unknown" });
      if (end?.result === "updated")
        return answer({ ...told, status: "ok", ...(end.reason === null ? {} : { reason: end.reason }) });
      if (!switching) {
        const reason =
          report === null ? "it did not start: openclaw update" : "it is still going: openclaw update status";
        return answer({ ...told, status: "error", reason });
      }
      const payload = {
        kind: "update",
        status: "ok",
        ts: clock.now(),
        ...(sessionKey === undefined ? {} : { sessionKey }),
        message: note ?? null,
        doctorHint: "openclaw update status",
        stats: { mode: "slots", root, before: { version }, after: told.after ?? null, steps },
      };
      const path = join(paths.stateDir, "restart-sentinel.json");
      writeFileAtomic(path, `${JSON.stringify(payload, null, 2)}\n`, { mode: 0o600 });
      return answer(
        { ...told, status: "ok" },
        {
          restart: {
            ok: true,
            pid: process.pid,
            delayMs,
            reason: "update.run",
            mode: switching.restarts ?? "none",
          },
          sentinel: { path, payload },
        },
      );
    },
  };

  /** Until it is about to switch with a restart, ended, or takes too long. */
  async function waitFor(
    path: string,
    ended: Promise<unknown>,
    timeoutMs: number,
  ): Promise<UpdateReport | null> {
    let isOver = false;
    void ended.then(() => (isOver = true));
    const giveUp = clock.monotonic() + timeoutMs;
    for (;;) {
      const last = isOver;
      const report = readReport(path);
      if (report?.end || (report?.switching && report.switching.restarts !== null)) return report;
      if (last || clock.monotonic() > giveUp) return report;
      await sleep(clock, lookEveryMs);
    }
  }
}

async function startWorker(
  options: UpdateDeskOptions & { installation: Installation; reportPath: string; delayMs: number },
): Promise<{ pid: number; ended: Promise<unknown> } | string> {
  const { installation, paths, env, reportPath, delayMs } = options;
  const words = [
    join(installation.root, "bin", "openclaw.js"),
    "update",
    "--yes",
    "--report",
    reportPath,
    "--switch-delay",
    String(delayMs),
    // Who supervises this gateway otherwise than a service of ours says so in its environment.
    ...(env["OPENCLAW_UPDATE_RESTART"] === "signal" ? ["--restart", "signal"] : []),
  ];
  const values: Record<string, string> = {
    OPENCLAW_STATE_DIR: paths.stateDir,
    OPENCLAW_CONFIG_PATH: paths.configPath,
    OPENCLAW_PROFILE: paths.profile,
  };
  // Secrets too: the candidate must be able to start with them.
  const allowNames = Object.keys(env).filter((name) =>
    /^(?:OPENCLAW_(?!SERVICE_|STATE_DIR|CONFIG_PATH|PROFILE).*|XDG_RUNTIME_DIR|DBUS_SESSION_BUS_ADDRESS|[A-Z][A-Z0-9_]*_(?:KEY|TOKEN|PASSWORD))$/.test(
      name,
    ),
  );
  const childEnv = buildChildEnv({
    source: env,
    allowNames: [...allowNames, ...Object.keys(values)],
    values,
  });
  const program = { file: process.execPath, args: words, cwd: paths.stateDir, env: childEnv };
  const scope = env["OPENCLAW_SERVICE_KIND"] === "gateway" ? systemdScope() : null;
  if (scope === null) return await startDetached(program);
  // A restart of the service ends everything in its group: the update has to stand beside it.
  const run = findBinary("systemd-run", searchPath());
  if (run === null) return "systemd-run is missing; on the gateway's machine: openclaw update";
  if (scope === "system" && process.getuid?.() !== 0)
    return "this gateway is a service of the whole machine; there: sudo openclaw update";
  return await startDetached({ ...program, file: run, args: systemdRun(scope, program) });
}

/** Arguments for systemd-run: values of the environment are taken from its own, so that none stands in a process list. */
export function systemdRun(
  scope: "user" | "system",
  program: { file: string; args: readonly string[]; cwd: string; env: Readonly<Record<string, string>> },
): string[] {
  return [
    ...(scope === "user" ? ["--user"] : []),
    "--quiet",
    "--collect",
    "--wait",
    "--service-type=exec",
    `--working-directory=${program.cwd}`,
    ...Object.keys(program.env).map((name) => `--setenv=${name}`),
    "--",
    program.file,
    ...program.args,
  ];
}

/** Which systemd runs this process as a service; null when none does. */
function systemdScope(): "user" | "system" | null {
  try {
    const group = readFileSync("/proc/self/cgroup", "utf8");
    if (!/\.service\b/.test(group)) return null;
    return /\/user@\d+\.service\/.*\.service/.test(group)
      ? "user"
      : /\/system\.slice\//.test(group)
        ? "system"
        : null;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}
