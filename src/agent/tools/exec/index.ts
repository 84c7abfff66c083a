import { z } from "zod";
import { entriesFor, maxCommandChars } from "../../../sandbox/index.ts";
import type { Tool, ToolContext, ToolOutput } from "../../contract.ts";
import { describeEnd, type ProcessSession } from "./registry.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, describeFailure, errorOutput, textOutput } from "../../tool-kit/define-tool.ts";
import { OpenClawError } from "../../../core/errors.ts";
import { evaluate, type Evaluation, type ExecCall } from "./evaluate.ts";
import type { ApprovalGate, GateQuestion } from "./gate.ts";

const input = z.strictObject({
  command: z
    .string()
    .min(1)
    .max(maxCommandChars)
    .describe("Command line; pipes and && are fine. Runs in the workspace"),
  cwd: z.string().optional().describe("Folder in the workspace to run in; default its top"),
  env: z
    .record(z.string(), z.string())
    .optional()
    .describe("Environment variables (only names the operator allowed)"),
  stdin: z
    .string()
    .max(1024 * 1024)
    .optional()
    .describe("Text for standard input, which is otherwise closed"),
  timeout: z.number().positive().optional().describe("Seconds until it is stopped"),
  background: z.boolean().optional().describe("Return at once; look after it with the process tool"),
  pty: z.boolean().optional().describe("Run on a terminal, for interactive programs"),
});

type ExecServices = Pick<ToolServices, "rootFor" | "denied" | "clock"> & {
  exec: NonNullable<ToolServices["exec"]>;
};
type Asked = Extract<Evaluation, { verdict: "ask" }>;
type Started = Exclude<Evaluation, { verdict: "deny" }>;

/** Time the tool itself may take is bounded by `settings.timeoutMs`; the executor's own limit only backs it. */
const outerTimeoutMs = 24 * 3600 * 1000;
const progressEveryMs = 250;

export function execTool(services: ExecServices, gate: ApprovalGate): Tool {
  const ask = (context: ToolContext, call: ExecCall, found: Asked) =>
    gate.ask(context, questionFor(call, found));

  return {
    ...defineTool({
      name: "exec",
      description:
        "Run a command in the workspace and return its output. Some commands wait for the operator's approval. Long ones go on in the background.",
      groups: ["group:runtime"],
      effect: "exec",
      input,
      timeoutMs: outerTimeoutMs,
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
    }),
    async authorize(raw, context) {
      const call = raw as ExecCall;
      try {
        const found = await evaluate(services, call, context);
        if (found.verdict === "deny") return errorOutput(found.message);
        if (found.verdict === "allow") return null;
        const answer = await ask(context, call, found);
        return answer.allowed ? null : errorOutput(answer.message);
      } catch (error) {
        if (error instanceof OpenClawError && !context.signal.aborted)
          return errorOutput(describeFailure(error));
        throw error;
      }
    },
  };
}

function questionFor(call: ExecCall, found: Asked): GateQuestion {
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
      stdin: call.stdin ?? null,
      pty: call.pty ?? false,
      chars: call.command.length,
    },
  };
}

async function carryOut(
  services: ExecServices,
  job: { call: z.infer<typeof input>; found: Started; context: ToolContext },
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
      owner: context.sessionKey,
      command: call.command,
      approved: found.verdict === "ask",
      pty: call.pty ?? false,
      timeoutMs,
      keepMs: settings.cleanupMs,
      onOutput,
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
