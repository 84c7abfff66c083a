import { sleep } from "../../../core/clock.ts";
import { codeOf, UserError } from "../../../core/errors.ts";
import type { ServiceChange, ServiceHost } from "../../../service/index.ts";
import { isProcessAlive } from "../../../state/index.ts";
import type { CommandContext } from "../../contract.ts";
import { flag } from "../../options.ts";
import { openDesk, type Desk } from "../../service-desk.ts";
import { timerOf } from "./sentinel-timer.ts";
import { printSteps } from "../../service-steps.ts";

export type Action = "start" | "stop" | "restart" | "uninstall";

const endWaitMs = 20_000;

/** `gateway start|stop|restart|uninstall`: through the supervisor; without a service, what makes sense for a foreground gateway. */
export async function control(
  context: CommandContext,
  call: { action: Action; options: Record<string, unknown>; host?: ServiceHost },
): Promise<number> {
  const { action, options } = call;
  const desk = await openDesk(context, options, { role: "gateway", host: call.host });
  const state = await desk.supervisor.inspect();
  if (!state.installed) return withoutService(context, desk, call);
  const before = state.runtime;
  const notes: string[] = [];
  if (action === "restart" && flag(options, "force") && !flag(options, "dryRun"))
    notes.push(...(await endConflicting(context, state.pid)));
  // Its timer first: it would tell of a gateway that is being removed.
  const sentinel = action === "uninstall" ? await removeSentinel(context, desk, options) : [];
  const change = await desk.supervisor[action]();
  change.steps.unshift(...sentinel);
  const theirs = state.facts?.stateDir;
  if (theirs && theirs !== desk.paths.stateDir && !desk.system) {
    notes.push(
      `The service uses the state directory ${theirs}, not ${desk.paths.stateDir}. To change that: openclaw gateway install --force`,
    );
  }
  change.notes.push(...notes);
  const words = {
    start: before === "running" ? "Service is already running" : "Service started",
    stop: before === "stopped" ? "Service is already stopped" : "Service stopped",
    restart: "Service restarted",
    uninstall: "Service uninstalled",
  }[action];
  return report(context, { action, options, change, words });
}

/** Nothing is installed: stop and restart still reach the gateway of this state directory. */
async function withoutService(
  context: CommandContext,
  desk: Desk,
  { action, options }: { action: Action; options: Record<string, unknown> },
): Promise<number> {
  const { supervisor } = desk;
  if (action === "uninstall") {
    const sentinel = await removeSentinel(context, desk, options);
    const change = await supervisor.uninstall();
    change.steps.unshift(...sentinel);
    return report(context, { action, options, change, words: "Service not installed" });
  }
  const running = await context.runningGateway();
  if (action === "start" || running === null) {
    throw new UserError("SERVICE_NOT_INSTALLED", `Service not installed (${supervisor.definitionPath})`, {
      hint: `openclaw gateway install${desk.system ? " --system" : ""}${running ? "   (a gateway runs in the foreground now)" : ""}`,
    });
  }
  const signal = action === "stop" ? "SIGTERM" : "SIGUSR1";
  const change: ServiceChange = {
    kind: supervisor.kind,
    name: `pid ${running.pid}`,
    definitionPath: supervisor.definitionPath,
    steps: [{ kind: "command", text: `kill -${signal.slice(3)} ${running.pid}` }],
    notes: ["Service not installed: this is the gateway in the foreground."],
    started: action === "restart",
  };
  if (!flag(options, "dryRun")) await signalGateway(context, running.pid, signal);
  const words =
    action === "stop"
      ? `Stopped the foreground gateway (pid ${running.pid})`
      : `Told the foreground gateway (pid ${running.pid}) to restart`;
  return report(context, { action, options, change, words });
}

async function removeSentinel(
  { signal }: CommandContext,
  desk: Desk,
  options: Record<string, unknown>,
): Promise<ServiceChange["steps"]> {
  const timer = timerOf(desk, { dry: flag(options, "dryRun"), signal });
  return timer === null ? [] : (await timer.uninstall()).steps;
}

/** A gateway outside the service that holds this state directory keeps the service from starting (CONF-68). */
async function endConflicting(context: CommandContext, servicePid: number | null): Promise<string[]> {
  const running = await context.runningGateway();
  if (running === null || running.pid === servicePid) return [];
  await signalGateway(context, running.pid, "SIGTERM");
  return [`--force: ended the gateway with pid ${running.pid}, which was not the service's`];
}

async function signalGateway(
  { clock }: CommandContext,
  pid: number,
  signal: "SIGTERM" | "SIGUSR1",
): Promise<void> {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return;
    throw new UserError("SERVICE_DENIED", `the gateway with pid ${pid} belongs to another user`, {
      hint: `sudo kill -${signal.slice(3)} ${pid}`,
      cause: error,
    });
  }
  if (signal === "SIGUSR1") return;
  const giveUp = clock.monotonic() + endWaitMs;
  while (isProcessAlive(pid)) {
    if (clock.monotonic() > giveUp) {
      throw new UserError(
        "SERVICE_COMMAND_FAILED",
        `the gateway with pid ${pid} did not end within ${endWaitMs / 1000} s`,
        {
          hint: `kill -KILL ${pid}`,
        },
      );
    }
    await sleep(clock, 50);
  }
}

function report(
  { out }: CommandContext,
  done: { action: Action; options: Record<string, unknown>; change: ServiceChange; words: string },
): number {
  const { action, options, change, words } = done;
  const dry = flag(options, "dryRun");
  if (flag(options, "json")) {
    const { kind, name, definitionPath, notes, steps } = change;
    out.json({
      ok: true,
      action,
      result: dry ? "planned" : words,
      kind,
      name,
      path: definitionPath,
      notes,
      ...(dry ? { steps } : {}),
    });
    return 0;
  }
  if (dry) printSteps(out, change.steps);
  else out.line(out.style.green(words));
  for (const note of change.notes) out.note(note);
  return 0;
}
