import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { readTextIfExists } from "../state/index.ts";
import type { ServiceFile, ServiceHost } from "./contract.ts";
import { createRunner, replaceFiles } from "./runner.ts";
import { userBus } from "./systemd-bus.ts";
import { dropEmpty, enabledBy } from "./systemd-folder.ts";
import { enableLinger, endLinger } from "./systemd-linger.ts";
import { argument, quoted, specifiers } from "./systemd-unit.ts";
import { userUnitDir } from "./systemd.ts";
import type { Timer, TimerOptions, TimerSpec } from "./timer.ts";
import {
  checkTimer,
  timerArguments,
  timerChange,
  timerEnvironment,
  timerNames,
  timerTitle,
} from "./timer-text.ts";

/** Seconds until the first start after the timer is switched on: at boot the gateway comes up first. */
const firstSeconds = 30;
/** Seconds one run may take. */
const runSeconds = { sentinel: 60, backup: 4 * 3600 };

/** A oneshot service and the timer that starts it, in the user's systemd or the machine's. */
export function systemdTimer(host: ServiceHost, options: TimerOptions): Timer {
  const { system, dry, signal } = options;
  const { unit } = timerNames(options.job, options.profile);
  const folder = system ? host.systemUnitDir : userUnitDir(host);
  const [servicePath, timerPath] = [join(folder, `${unit}.service`), join(folder, `${unit}.timer`)];
  const kind = system ? "systemd-system" : "systemd-user";
  const about = { kind, name: `${unit}.timer`, definitionPath: timerPath } as const;
  const ctl = (...words: string[]) => [
    "systemctl",
    ...(system ? [] : ["--user"]),
    "--no-ask-password",
    ...words,
  ];
  const newRunner = () =>
    createRunner(host, {
      dry,
      ...(signal ? { signal } : {}),
      ...(system ? {} : { env: { XDG_RUNTIME_DIR: host.runtimeDir } }),
    });
  const files = (spec: TimerSpec): ServiceFile[] => {
    const mode = system ? 0o644 : 0o600;
    return [
      { path: servicePath, text: renderService(spec, system), encoding: "utf8", mode },
      { path: timerPath, text: renderTimer(spec), encoding: "utf8", mode },
    ];
  };
  const needRights = () => {
    if (!system || host.uid === 0 || dry) return;
    throw new UserError("SERVICE_DENIED", `a timer of the machine is changed by root, not by ${host.user}`, {
      hint: "run the same command with sudo",
    });
  };
  const differing = (spec: TimerSpec) => files(spec).filter(({ path, text }) => readQuietly(path) !== text);

  return {
    ...about,
    async install(spec) {
      const runner = newRunner();
      checkTimer(spec, kind);
      needRights();
      const notes = system ? [] : await enableLinger(host, runner, folder);
      const problem = dry || system ? null : await userBus(host, runner);
      if (problem) throw new UserError("SERVICE_UNAVAILABLE", problem.message, { hint: problem.hint });
      if (differing(spec).length > 0) {
        await replaceFiles(
          runner,
          files(spec),
          async () => void (await runner.must(ctl("daemon-reload"))),
          async () => void (await runner.act(ctl("daemon-reload"))),
        );
      }
      await runner.must(ctl("enable", about.name));
      // A running timer keeps the times it was started with.
      await runner.must(ctl("restart", about.name));
      return timerChange(runner, about, { notes, started: true });
    },
    async uninstall() {
      const runner = newRunner();
      const present = [servicePath, timerPath].filter((path) => readQuietly(path) !== null);
      if (present.length === 0) return timerChange(runner, about);
      needRights();
      const reachable = dry || system || (await userBus(host, runner)) === null;
      const links = enabledBy(folder, about.name);
      if (reachable) await runner.act(ctl("disable", "--now", about.name));
      for (const path of [...present, ...links]) runner.remove(path);
      if (reachable) {
        await runner.act(ctl("daemon-reload"));
        await runner.act(ctl("reset-failed", `${unit}.service`));
      }
      const without = [`${unit}.service`, `${unit}.timer`, ...(options.going ?? [])];
      const notes = system ? [] : await endLinger(host, runner, { folder, without });
      if (!system && !dry) dropEmpty(folder, host.home);
      return timerChange(runner, about, { notes, started: false });
    },
    async inspect(wanted) {
      const text = readQuietly(timerPath);
      if (text === null) return { ...about, installed: false, active: null, drift: null };
      const runner = newRunner();
      const reachable = system || (await userBus(host, runner)) === null;
      const answer = reachable ? await runner.ask(ctl("is-active", about.name)) : null;
      const changed = wanted === undefined ? [] : differing(wanted);
      return {
        ...about,
        installed: true,
        active: answer === null ? null : answer.ok,
        drift: changed.length === 0 ? null : `${changed.map(({ path }) => path).join(" and ")} differs`,
      };
    },
  };
}

function renderService(spec: TimerSpec, system: boolean): string {
  const isSentinel = spec.job === "sentinel";
  return lines([
    "# Written by openclaw. Changes belong into a drop-in: `systemctl edit`.",
    "[Unit]",
    `Description=${timerTitle(spec)}`,
    "",
    "[Service]",
    "Type=oneshot",
    `ExecStart=${timerArguments(spec).map(argument).join(" ")}`,
    `WorkingDirectory=-${specifiers(spec.stateDir)}`,
    ...timerEnvironment(spec).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    ...(spec.account ? [`User=${spec.account.user}`, `Group=${spec.account.group}`] : []),
    // Exit status 1 of the sentinel means that the gateway is not well, and it has said so.
    ...(isSentinel ? ["SuccessExitStatus=1"] : []),
    ...(spec.background ? ["Nice=10", "IOSchedulingClass=idle"] : []),
    `TimeoutStartSec=${runSeconds[spec.job]}`,
    "StandardOutput=journal",
    "StandardError=journal",
    "UMask=0077",
    "NoNewPrivileges=yes",
    ...(system ? ["ProtectSystem=full"] : []),
  ]);
}

function renderTimer(spec: TimerSpec): string {
  return lines([
    "[Unit]",
    `Description=${timerTitle(spec)}`,
    "",
    "[Timer]",
    `OnActiveSec=${firstSeconds}`,
    // From start to start, so that a long run does not move the next one further away than the interval.
    `OnUnitActiveSec=${spec.everySeconds}`,
    "AccuracySec=1",
    "",
    "[Install]",
    "WantedBy=timers.target",
  ]);
}

const lines = (all: string[]): string => `${all.join("\n")}\n`;

function readQuietly(path: string): string | null {
  try {
    return readTextIfExists(path);
  } catch {
    return null; // not ours to read
  }
}
