import { entriesFor } from "../../../sandbox/index.ts";
import type { ToolContext, ToolOutput } from "../../contract.ts";
import { describeEnd, type ProcessSession, type Starter } from "./registry.ts";
import type { ToolServices } from "../services.ts";
import { errorOutput, textOutput } from "../../tool-kit/define-tool.ts";
import { createConcealer } from "./conceal.ts";
import type { ExecBackend, ExecInput } from "./contract.ts";
import { evaluate, type Evaluation } from "./evaluate.ts";
import { processOwner } from "../../run-sandbox.ts";
import type { ApprovalGate, GateQuestion } from "../../tool-kit/approval-gate.ts";

type ExecServices = Pick<ToolServices, "rootFor" | "denied" | "clock"> & {
  exec: NonNullable<ToolServices["exec"]>;
};
type Asked = Extract<Evaluation, { verdict: "ask" }>;
type Started = Exclude<Evaluation, { verdict: "deny" }>;

const progressEveryMs = 250;

/** Commands as processes of the gateway's machine, in the workspace. */
export function onGateway(services: ExecServices, gate: ApprovalGate): ExecBackend {
  const ask = (context: ToolContext, call: ExecInput, found: Asked) =>
    gate.ask(context, questionFor(call, found));
  return {
    async authorize(call, context) {
      const found = await evaluate(services, call, context);
      if (found.verdict === "deny") return errorOutput(found.message);
      if (found.verdict === "allow") return null;
      const answer = await ask(context, call, found);
      return answer.allowed ? null : errorOutput(answer.message);
    },
    async run(call, context) {
      const answer = gate.take(context);
      const found = await evaluate(services, call, context);
      if (found.verdict === "deny") return errorOutput(found.message);
      if (found.verdict === "ask") {
        const given = answer ?? (await ask(context, call, found));
        const refusal = await gate.use(given, found.digest);
        if (refusal !== null) return errorOutput(refusal);
        if (given.allowed && given.always) {
          await services.exec.allowlist.allow(context.agentId, entriesFor(found.analysis, found.cwd));
        }
      }
      return await carryOut(services, { call, found, context });
    },
  };
}

function questionFor(call: ExecInput, found: Asked): GateQuestion {
  const { analysis, digest, settings } = found;
  return {
    toolName: "exec",
    planDigest: digest,
    command: call.command,
    cwd: found.cwd,
    resolvedPath: analysis.commands[0]?.realPath ?? found.launch.file,
    settings,
    allowlisted: found.allowlisted,
    input: {
      digest,
      commands: analysis.commands.map(({ argv, realPath }) => ({ program: realPath, argv })),
      /** Set when "always allow" has no effect. */
      onceOnly: analysis.opaque,
      env: call.env ?? {},
      /** Names only: what the operator gave skills. */
      given: found.given.map(({ name, skill }) => `${name} (skill ${skill})`),
      stdin: call.stdin ?? null,
      pty: call.pty ?? false,
      chars: call.command.length,
    },
  };
}

/** Carries out a command that was decided about; `start` elsewhere than as a process of this machine. */
export async function carryOut(
  services: ExecServices,
  job: {
    call: ExecInput;
    found: Omit<Started, "analysis" | "allowlisted" | "digest">;
    context: ToolContext;
    start?: Starter;
  },
): Promise<ToolOutput> {
  const { call, found, context } = job;
  const { settings } = found;
  const timeoutMs = Math.min((call.timeout ?? Number.POSITIVE_INFINITY) * 1000, settings.timeoutMs);
  let lastProgress = Number.NEGATIVE_INFINITY;
  let session: ProcessSession | null = null;
  let watching = true;
  const onOutput = () => {
    const now = services.clock.monotonic();
    if (!watching || !session || now - lastProgress < progressEveryMs) return;
    lastProgress = now;
    context.update(session.output().text.slice(-4000));
  };
  const interactive = call.background === true || call.pty === true;
  session = await services.exec.processes.start(
    {
      ...found.launch,
      cwd: found.cwd,
      env: found.env,
      ...(call.stdin === undefined ? {} : { stdin: call.stdin }),
      keepInputOpen: interactive && call.stdin === undefined,
    },
    {
      owner: processOwner(context),
      command: call.command,
      approved: found.verdict === "ask",
      pty: call.pty ?? false,
      timeoutMs,
      keepMs: settings.cleanupMs,
      ...(job.start ? { start: job.start } : {}),
      onOutput,
      conceal: createConcealer(found.given.map(({ value }) => value.reveal())),
    },
  );
  const end = call.background
    ? null
    : await endOrYield(services, { session, context, yieldMs: settings.backgroundMs });
  watching = false;
  if (end === null) {
    const sofar = call.background ? "" : session.fresh();
    return textOutput(
      `${sofar}${sofar && !sofar.endsWith("\n") ? "\n" : ""}(still running in the background as ${session.id}; use the process tool with action poll, write or kill)`,
      { processId: session.id },
    );
  }
  services.exec.processes.forget(session.id);
  const { text, dropped } = session.output();
  const lines = [
    ...(dropped > 0 ? [`(the first ${dropped} characters were dropped)`] : []),
    text.trimEnd() || "(no output)",
    ...(end.exitCode === 0 && !end.timedOut ? [] : [`(${describeEnd(end)})`]),
  ];
  return {
    ...textOutput(lines.join("\n"), { exitCode: end.exitCode, durationMs: end.durationMs }),
    isError: end.exitCode !== 0,
  };
}

/** The end of a command, or null when it goes on in the background; an abort ends it. */
async function endOrYield(
  services: ExecServices,
  options: { session: ProcessSession; context: ToolContext; yieldMs: number },
) {
  const { session, context } = options;
  const onAbort = () => session.kill();
  if (context.signal.aborted) session.kill();
  context.signal.addEventListener("abort", onAbort, { once: true });
  let cancel: () => void = () => undefined;
  const yielded = new Promise<null>((resolve) => {
    cancel = services.clock.after(options.yieldMs, () => resolve(null));
  });
  const end = await Promise.race([session.ended, yielded]);
  cancel();
  context.signal.removeEventListener("abort", onAbort);
  context.signal.throwIfAborted();
  return end;
}
