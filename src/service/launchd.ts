import { readdirSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "../core/clock.ts";
import { codeOf, UserError } from "../core/errors.ts";
import { makeDirectory, readTextIfExists } from "../state/index.ts";
import type {
  FoundService,
  ServiceChange,
  ServiceHost,
  ServiceRole,
  ServiceSpec,
  Supervisor,
} from "./contract.ts";
import { factsOfSpec } from "./definition.ts";
import { sameFacts } from "./drift.ts";
import { secretValues } from "./env-file.ts";
import { statusOf } from "./found.ts";
import { checkSpec } from "./grammar.ts";
import { createLaunchctl, type Launchctl } from "./launchctl.ts";
import { classifyLabel, roleWords, serviceNames } from "./names.ts";
import { parsePlist, renderPlist } from "./plist.ts";
import { commandText, createRunner, readDefinition, replaceFiles, type ServiceRunner } from "./runner.ts";

const startWaitMs = 15_000;

/** launchd, as an agent of the user. */
export function launchdSupervisor(
  host: ServiceHost,
  options: { profile: string; role?: ServiceRole; dry: boolean; signal?: AbortSignal },
): Supervisor {
  const { role = "gateway" } = options;
  const { label } = serviceNames(options.profile, role);
  const { install, foreground } = roleWords(role);
  const folder = join(host.home, "Library", "LaunchAgents");
  const definitionPath = join(folder, `${label}.plist`);
  const newRunner = () =>
    createRunner(host, { dry: options.dry, ...(options.signal ? { signal: options.signal } : {}) });
  const change = (runner: ServiceRunner, started: boolean): ServiceChange => ({
    kind: "launchd",
    name: label,
    definitionPath,
    steps: runner.steps,
    notes: [],
    started,
  });
  const needPlist = () => {
    if (readTextIfExists(definitionPath) !== null) return;
    throw new UserError("SERVICE_NOT_INSTALLED", `Service not installed (${definitionPath})`, {
      hint: install,
    });
  };
  /** launchd starts in the background: success is a process, not a command's exit status. */
  const untilRunning = async (runner: ServiceRunner, ctl: Launchctl, not?: number | null) => {
    if (runner.dry) return;
    const giveUp = host.clock.monotonic() + startWaitMs;
    for (;;) {
      const job = await ctl.find();
      if (job?.pid && job.pid !== not) return;
      if (host.clock.monotonic() > giveUp) {
        throw new UserError(
          "SERVICE_START_FAILED",
          `${label} did not start: ${job ? `launchd has it loaded, last exit ${job.lastExit ?? "unknown"}` : "launchd does not know it"}`,
          { hint: `${logHint()}   (or in the foreground: ${foreground})` },
        );
      }
      await sleep(host.clock, 200);
    }
  };
  const logHint = () =>
    role === "node"
      ? "node.log and node.err.log in the log folder: openclaw node status"
      : "openclaw logs --follow, or ~/.openclaw/logs/gateway.err.log";

  return {
    kind: "launchd",
    name: label,
    definitionPath,
    logHint,
    async install(spec, { start }) {
      const runner = newRunner();
      const ctl = createLaunchctl(host, runner, { label, path: definitionPath });
      checkSpec(spec, "launchd");
      const text = checkedPlist(spec, label);
      const hide = secretValues(spec.secrets).map(([, value]) => value);
      if (!runner.dry) makeDirectory(spec.logsDir);
      await replaceFiles(
        runner,
        [{ path: definitionPath, text, encoding: "utf8", mode: 0o600, hide }],
        async () => {
          // A loaded job keeps the definition it was loaded with.
          await ctl.unload();
          if (start) await ctl.load();
        },
        async () => {
          if (readTextIfExists(definitionPath) !== null) await ctl.load().catch(() => undefined);
        },
      );
      if (start) await untilRunning(runner, ctl);
      return change(runner, start);
    },
    async uninstall() {
      const runner = newRunner();
      await createLaunchctl(host, runner, { label, path: definitionPath }).unload();
      runner.remove(definitionPath);
      return change(runner, false);
    },
    async start() {
      const runner = newRunner();
      needPlist();
      const ctl = createLaunchctl(host, runner, { label, path: definitionPath });
      const job = await ctl.find();
      if (job === null) await ctl.load();
      else if (job.pid === null) await ctl.kickstart(job, { kill: false });
      await untilRunning(runner, ctl);
      return change(runner, true);
    },
    async stop() {
      const runner = newRunner();
      needPlist();
      // Nothing less than unloading defeats KeepAlive (HID-012); the definition stays.
      await createLaunchctl(host, runner, { label, path: definitionPath }).unload();
      return change(runner, false);
    },
    async restart() {
      const runner = newRunner();
      needPlist();
      const ctl = createLaunchctl(host, runner, { label, path: definitionPath });
      const job = await ctl.find();
      // The job is never unloaded on the way: what can fail leaves it loaded, and KeepAlive brings it back.
      if (job === null) await ctl.load();
      else await ctl.kickstart(job, { kill: true });
      await untilRunning(runner, ctl, job?.pid ?? null);
      return change(runner, true);
    },
    async inspect() {
      const base = { kind: "launchd", name: label, definitionPath } as const;
      const text = readDefinition(definitionPath);
      if (text === null) {
        return {
          ...base,
          installed: false,
          runtime: "stopped",
          pid: null,
          enabled: null,
          detail: "not installed",
          facts: null,
          problem: null,
        };
      }
      const facts = parsePlist(text)?.facts ?? null;
      const job = await createLaunchctl(host, newRunner(), { label, path: definitionPath }).find();
      const problem = facts === null ? `${definitionPath} is not a property list` : null;
      if (job === null)
        return {
          ...base,
          installed: true,
          runtime: "stopped",
          pid: null,
          enabled: null,
          detail: "not loaded",
          facts,
          problem,
        };
      const runtime = job.pid ? "running" : job.lastExit === null ? "loaded" : "exited";
      const detail = job.pid ? "running" : `loaded, last exit ${job.lastExit ?? "none"}`;
      return { ...base, installed: true, runtime, pid: job.pid, enabled: true, detail, facts, problem };
    },
    async scan() {
      return agentNames(folder).flatMap((name): FoundService[] => {
        const path = join(folder, name);
        const text = readDefinition(path);
        const read = text === null ? null : parsePlist(text);
        const found = read?.label ?? name.replace(/\.plist$/, "");
        const facts = read?.facts ?? null;
        const status = statusOf({
          named: classifyLabel(found),
          current: found === label,
          facts,
          home: host.home,
        });
        if (status === null) return [];
        const removal = [`launchctl bootout gui/${host.uid}/${found}`, commandText(["rm", path])];
        return [{ name: found, path, status, facts, removal }];
      });
    },
    async remove(found) {
      const runner = newRunner();
      await createLaunchctl(host, runner, { label: found.name, path: found.path }).unload();
      runner.remove(found.path);
      return change(runner, false);
    },
  };
}

function checkedPlist(spec: ServiceSpec, label: string): string {
  const text = renderPlist(spec, label);
  const read = parsePlist(text);
  if (read?.label === label && sameFacts(read.facts, factsOfSpec(spec))) return text;
  throw new UserError("SERVICE_VALUE_INVALID", "the property list would not say what it should", {
    hint: "use plain paths without unusual characters for the state directory and the installation",
  });
}

function agentNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".plist"))
      .sort();
  } catch (error) {
    if (codeOf(error)) return [];
    throw error;
  }
}
