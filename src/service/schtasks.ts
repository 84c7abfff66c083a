import { join } from "node:path";
import { sleep } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import { readTextIfExists } from "../state/index.ts";
import type {
  FoundService,
  ServiceChange,
  ServiceHost,
  ServiceRole,
  ServiceState,
  Supervisor,
} from "./contract.ts";
import { definitionEnvironment, factsOfSpec } from "./definition.ts";
import { sameFacts } from "./drift.ts";
import { renderEnvFile, secretValues } from "./env-file.ts";
import { statusOf } from "./found.ts";
import { checkSpec } from "./grammar.ts";
import { classifyTask, roleWords, serviceNames } from "./names.ts";
import { commandText, createRunner, replaceFiles, type ServiceRunner } from "./runner.ts";
import { parseTask, renderTask } from "./task-xml.ts";

const endWaitMs = 15_000;
/** SCHED_S_TASK_RUNNING */
const taskIsRunning = String(0x41301);

/** The Windows Task Scheduler. Its store is the definition; the file we import from stays beside the state. */
export function schtasksSupervisor(
  host: ServiceHost,
  options: { profile: string; role?: ServiceRole; stateDir: string; dry: boolean; signal?: AbortSignal },
): Supervisor {
  const { role = "gateway" } = options;
  const { task } = serviceNames(options.profile, role);
  const file = (name: string) => join(options.stateDir, role === "node" ? `node-${name}` : name);
  const definitionPath = file("service-task.xml");
  const envFile = file("service.env");
  const newRunner = () =>
    createRunner(host, { dry: options.dry, ...(options.signal ? { signal: options.signal } : {}) });
  const change = (runner: ServiceRunner, started: boolean): ServiceChange => ({
    kind: "schtasks",
    name: task,
    definitionPath,
    steps: runner.steps,
    notes: [],
    started,
  });
  const schtasks = (...words: string[]) => ["schtasks.exe", ...words];
  const taskXml = async (runner: ServiceRunner, name = task) => {
    const answer = await runner.ask(schtasks("/Query", "/TN", name, "/XML"));
    return answer?.ok ? answer.stdout : null;
  };
  const needTask = async (runner: ServiceRunner) => {
    if ((await taskXml(runner)) !== null) return;
    throw new UserError("SERVICE_NOT_INSTALLED", `Service not installed (no task "${task}")`, {
      hint: roleWords(role).install,
    });
  };
  /** Status in the words of the system's language, and the last result, a number in every language. */
  const status = async (runner: ServiceRunner) => {
    const answer = await runner.ask(schtasks("/Query", "/TN", task, "/FO", "CSV", "/NH", "/V"));
    if (!answer?.ok) return null;
    // HostName, TaskName, Next Run Time, Status, Logon Mode, Last Run Time, Last Result, …
    const columns = [...answer.stdout.matchAll(/"([^"]*)"/g)].map(([, text]) => text ?? "");
    return { text: columns[3] ?? "", lastResult: columns[6] ?? "" };
  };
  const isRunning = async (runner: ServiceRunner) => (await status(runner))?.lastResult === taskIsRunning;
  const run = async (runner: ServiceRunner) => {
    await runner.must(schtasks("/Run", "/TN", task));
    await until(runner, true);
  };
  const end = async (runner: ServiceRunner) => {
    if (!(await isRunning(runner))) return;
    await runner.must(schtasks("/End", "/TN", task));
    await until(runner, false);
  };
  const until = async (runner: ServiceRunner, wanted: boolean) => {
    if (runner.dry) return;
    const giveUp = host.clock.monotonic() + endWaitMs;
    while ((await isRunning(runner)) !== wanted) {
      if (host.clock.monotonic() > giveUp) {
        throw new UserError(
          "SERVICE_START_FAILED",
          `the task "${task}" is ${(await status(runner))?.text ?? "gone"} and should be ${wanted ? "running" : "ended"}`,
          { hint: "openclaw logs   (or Event Viewer → Task Scheduler → History)" },
        );
      }
      await sleep(host.clock, 200);
    }
  };

  return {
    kind: "schtasks",
    name: task,
    definitionPath,
    logHint: () => "openclaw logs --follow, or Event Viewer → Task Scheduler → History",
    async install(spec, { start }) {
      const runner = newRunner();
      checkSpec(spec, "schtasks");
      const text = renderTask(spec, { user: host.user, envFile });
      const secrets = secretValues(spec.secrets);
      const values = [...definitionEnvironment(spec), ...secrets];
      const files = [
        {
          path: envFile,
          text: renderEnvFile(values, role),
          encoding: "utf8",
          mode: 0o600,
          hide: secrets.map(([, v]) => v),
        },
        { path: definitionPath, text, encoding: "utf16le", mode: 0o600 },
      ] as const;
      const read = parseTask(text);
      const wanted = factsOfSpec({ ...spec, secrets: {} });
      if (read === null || !sameFacts({ ...wanted, args: read.args, problems: [] }, wanted)) {
        throw new UserError("SERVICE_VALUE_INVALID", "the task definition would not say what it should", {
          hint: "use plain paths without unusual characters for the state directory and the installation",
        });
      }
      const before = await taskXml(runner);
      const create = () => runner.must(schtasks("/Create", "/TN", task, "/XML", definitionPath, "/F"));
      await replaceFiles(
        runner,
        files,
        async () => void (await create()),
        async () => {
          if (before !== null && readTextIfExists(definitionPath) !== null) await create();
        },
      );
      if (start) {
        await end(runner);
        await run(runner);
      }
      return change(runner, start);
    },
    async uninstall() {
      const runner = newRunner();
      if ((await taskXml(runner)) !== null) {
        await end(runner);
        await runner.must(schtasks("/Delete", "/TN", task, "/F"));
      }
      runner.remove(definitionPath);
      runner.remove(envFile);
      return change(runner, false);
    },
    async start() {
      const runner = newRunner();
      await needTask(runner);
      if (!(await isRunning(runner))) await run(runner);
      return change(runner, true);
    },
    async stop() {
      const runner = newRunner();
      await needTask(runner);
      await end(runner);
      return change(runner, false);
    },
    async restart() {
      const runner = newRunner();
      await needTask(runner);
      await end(runner);
      await run(runner);
      return change(runner, true);
    },
    async inspect(): Promise<ServiceState> {
      const base = { kind: "schtasks", name: task, definitionPath } as const;
      const runner = newRunner();
      const xml = await taskXml(runner);
      if (xml === null) {
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
      const facts = parseTask(xml);
      const state = await status(runner);
      const runtime = state === null ? "unknown" : state.lastResult === taskIsRunning ? "running" : "stopped";
      const detail = state?.text ?? "unknown";
      const problem = facts === null ? `the task "${task}" cannot be read` : null;
      return { ...base, installed: true, runtime, pid: null, enabled: true, detail, facts, problem };
    },
    async scan() {
      const runner = newRunner();
      const answer = await runner.ask(schtasks("/Query", "/FO", "CSV", "/NH"));
      const names = [...(answer?.stdout ?? "").matchAll(/^"\\?([^"]+)"/gm)].map(([, name]) => name ?? "");
      const found: FoundService[] = [];
      for (const name of new Set(names)) {
        const named = classifyTask(name);
        if (named === null) continue;
        const xml = await taskXml(runner, name);
        const facts = xml === null ? null : parseTask(xml);
        const status = statusOf({ named, current: name === task, facts, home: host.home });
        if (status === null) continue;
        found.push({
          name,
          path: name,
          status,
          facts,
          removal: [commandText(schtasks("/Delete", "/TN", name, "/F"))],
        });
      }
      return found;
    },
    async remove(found) {
      const runner = newRunner();
      await runner.act(schtasks("/End", "/TN", found.name));
      await runner.must(schtasks("/Delete", "/TN", found.name, "/F"));
      return change(runner, false);
    },
  };
}
