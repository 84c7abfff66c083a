import { join } from "node:path";
import type { ServiceHost } from "./contract.ts";
import { renderEnvFile } from "./env-file.ts";
import { createRunner, replaceFiles } from "./runner.ts";
import { quote } from "./task-xml.ts";
import type { Timer, TimerOptions, TimerSpec } from "./timer.ts";
import {
  checkTimer,
  timerArguments,
  timerChange,
  timerEnvironment,
  timerNames,
  timerTitle,
} from "./timer-text.ts";
import { child, escapeXml, parseXml } from "./xml.ts";

/** The Task Scheduler repeats nothing more often. */
const shortestSeconds = 60;

/** A task that is repeated for as long as its user is logged on. */
export function schtasksTimer(host: ServiceHost, options: TimerOptions): Timer {
  const { task } = timerNames(options.job, options.profile);
  const definitionPath = join(options.stateDir, `timer-${options.job}.xml`);
  const envFile = join(options.stateDir, `timer-${options.job}.env`);
  const about = { kind: "schtasks", name: task, definitionPath } as const;
  const newRunner = () =>
    createRunner(host, { dry: options.dry, ...(options.signal ? { signal: options.signal } : {}) });
  const query = async (runner: ReturnType<typeof newRunner>) => {
    const answer = await runner.ask(["schtasks.exe", "/Query", "/TN", task, "/XML"]);
    return answer?.ok ? answer.stdout : null;
  };
  const create = ["schtasks.exe", "/Create", "/TN", task, "/XML", definitionPath, "/F"];
  return {
    ...about,
    async install(spec) {
      const runner = newRunner();
      checkTimer(spec, "schtasks");
      const text = renderTimerTask(spec, { user: host.user, envFile });
      const before = await query(runner);
      if (before !== null && essence(before) === essence(text))
        return timerChange(runner, about, { started: true });
      await replaceFiles(
        runner,
        [
          { path: envFile, text: renderEnvFile(timerEnvironment(spec)), encoding: "utf8", mode: 0o600 },
          { path: definitionPath, text, encoding: "utf16le", mode: 0o600 },
        ],
        async () => void (await runner.must(create)),
        async () => void (before === null ? null : await runner.act(create)),
      );
      // At once, and then as often as it says.
      await runner.must(["schtasks.exe", "/Run", "/TN", task]);
      return timerChange(runner, about, { started: true });
    },
    async uninstall() {
      const runner = newRunner();
      if ((await query(runner)) !== null) {
        await runner.act(["schtasks.exe", "/End", "/TN", task]);
        await runner.must(["schtasks.exe", "/Delete", "/TN", task, "/F"]);
      }
      runner.remove(definitionPath);
      runner.remove(envFile);
      return timerChange(runner, about);
    },
    async inspect(wanted) {
      const xml = await query(newRunner());
      if (xml === null) return { ...about, installed: false, active: null, drift: null };
      const want =
        wanted === undefined ? null : essence(renderTimerTask(wanted, { user: host.user, envFile }));
      return {
        ...about,
        installed: true,
        active: true,
        drift: want === null || want === essence(xml) ? null : `the task "${task}" differs`,
      };
    },
  };
}

/** The scheduler gives its definitions back in a form of its own: what counts is what it runs, and how often. */
function essence(xml: string): string {
  const task = parseXml(xml) ?? undefined;
  const exec = child(child(task, "Actions"), "Exec");
  const triggers = child(task, "Triggers")?.children ?? [];
  const intervals = triggers.map((trigger) => child(child(trigger, "Repetition"), "Interval")?.text.trim());
  return JSON.stringify([
    child(exec, "Command")?.text.trim(),
    child(exec, "Arguments")?.text.trim(),
    intervals,
  ]);
}

function renderTimerTask(spec: TimerSpec, options: { user: string; envFile: string }): string {
  const [runtime = "", ...rest] = timerArguments(spec);
  const user = escapeXml(options.user);
  const seconds = Math.max(spec.keepsRunning ? shortestSeconds : spec.everySeconds, shortestSeconds);
  const interval = `PT${Math.round(seconds / 60)}M`;
  const repetition = [
    "      <Repetition>",
    `        <Interval>${interval}</Interval>`,
    "        <StopAtDurationEnd>false</StopAtDurationEnd>",
    "      </Repetition>",
  ];
  return [
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<Task version="1.3" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    "  <RegistrationInfo>",
    `    <Description>${escapeXml(timerTitle(spec))}</Description>`,
    "  </RegistrationInfo>",
    "  <Triggers>",
    "    <TimeTrigger>",
    ...repetition,
    "      <StartBoundary>2026-01-01T00:00:00</StartBoundary>",
    "      <Enabled>true</Enabled>",
    "    </TimeTrigger>",
    "  </Triggers>",
    "  <Principals>",
    '    <Principal id="Author">',
    `      <UserId>${user}</UserId>`,
    "      <LogonType>InteractiveToken</LogonType>",
    "      <RunLevel>LeastPrivilege</RunLevel>",
    "    </Principal>",
    "  </Principals>",
    "  <Settings>",
    "    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>",
    "    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>",
    "    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>",
    "    <StartWhenAvailable>true</StartWhenAvailable>",
    "    <Hidden>true</Hidden>",
    `    <ExecutionTimeLimit>${spec.keepsRunning ? "PT0S" : "PT4H"}</ExecutionTimeLimit>`,
    ...(spec.background ? ["    <Priority>8</Priority>"] : []),
    "  </Settings>",
    '  <Actions Context="Author">',
    "    <Exec>",
    `      <Command>${escapeXml(runtime)}</Command>`,
    `      <Arguments>${escapeXml([`--env-file=${options.envFile}`, ...rest].map(quote).join(" "))}</Arguments>`,
    `      <WorkingDirectory>${escapeXml(spec.stateDir)}</WorkingDirectory>`,
    "    </Exec>",
    "  </Actions>",
    "</Task>",
    "",
  ].join("\r\n");
}
