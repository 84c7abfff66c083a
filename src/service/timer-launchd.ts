import { join } from "node:path";
import { makeDirectory } from "../state/index.ts";
import type { ServiceHost } from "./contract.ts";
import { createLaunchctl } from "./launchctl.ts";
import { plistText } from "./plist.ts";
import { createRunner, readDefinition, replaceFiles } from "./runner.ts";
import type { Timer, TimerOptions, TimerSpec } from "./timer.ts";
import { checkTimer, timerArguments, timerChange, timerEnvironment, timerNames } from "./timer-text.ts";

/** A launch agent that is started every so often. */
export function launchdTimer(host: ServiceHost, options: TimerOptions): Timer {
  const { label } = timerNames(options.job, options.profile);
  const definitionPath = join(host.home, "Library", "LaunchAgents", `${label}.plist`);
  const about = { kind: "launchd", name: label, definitionPath } as const;
  const newRunner = () =>
    createRunner(host, { dry: options.dry, ...(options.signal ? { signal: options.signal } : {}) });
  return {
    ...about,
    async install(spec) {
      const runner = newRunner();
      checkTimer(spec, "launchd");
      const ctl = createLaunchctl(host, runner, { label, path: definitionPath });
      const text = renderTimerPlist(spec, label);
      if (readDefinition(definitionPath) === text && (await ctl.find()) !== null)
        return timerChange(runner, about, { started: true });
      if (!runner.dry) makeDirectory(spec.logsDir);
      await replaceFiles(
        runner,
        [{ path: definitionPath, text, encoding: "utf8", mode: 0o600 }],
        async () => {
          await ctl.unload();
          await ctl.load();
        },
        async () => {
          if (readDefinition(definitionPath) !== null) await ctl.load().catch(() => undefined);
        },
      );
      return timerChange(runner, about, { started: true });
    },
    async uninstall() {
      const runner = newRunner();
      if (readDefinition(definitionPath) !== null) {
        await createLaunchctl(host, runner, { label, path: definitionPath }).unload();
        runner.remove(definitionPath);
      }
      return timerChange(runner, about);
    },
    async inspect(wanted) {
      const text = readDefinition(definitionPath);
      if (text === null) return { ...about, installed: false, active: null, drift: null };
      const job = await createLaunchctl(host, newRunner(), { label, path: definitionPath }).find();
      const same = wanted === undefined || text === renderTimerPlist(wanted, label);
      return {
        ...about,
        installed: true,
        active: job !== null,
        drift: same ? null : `${definitionPath} differs`,
      };
    },
  };
}

function renderTimerPlist(spec: TimerSpec, label: string): string {
  return plistText({
    Label: label,
    ProgramArguments: timerArguments(spec),
    EnvironmentVariables: Object.fromEntries(timerEnvironment(spec)),
    StandardOutPath: join(spec.logsDir, `${spec.job}.log`),
    StandardErrorPath: join(spec.logsDir, `${spec.job}.log`),
    StartInterval: spec.everySeconds,
    RunAtLoad: false,
    ProcessType: spec.background ? "Background" : "Standard",
    ...(spec.background ? { LowPriorityIO: true, Nice: 10 } : {}),
    Umask: 0o077,
  });
}
