import { createHash } from "node:crypto";
import { z } from "zod";
import { UserError } from "../../../core/errors.ts";
import type { Tool, ToolContext, ToolOutput } from "../../contract.ts";
import type { ApprovalGate, GateQuestion } from "../../tool-kit/approval-gate.ts";
import type { ToolServices } from "../services.ts";
import { processOwner } from "../../run-sandbox.ts";
import { defineTool, errorOutput, textOutput } from "../../tool-kit/define-tool.ts";
import { describeEnd, type ProcessSession } from "./registry.ts";

const input = z.strictObject({
  action: z.enum(["list", "poll", "log", "write", "kill"]),
  id: z.string().optional().describe("Process id from exec; not needed for list"),
  data: z
    .string()
    .max(64 * 1024)
    .optional()
    .describe("write: text to send; end it with \\n to submit a line"),
  close: z.boolean().optional().describe("write: close standard input afterwards"),
  wait: z.number().min(0).max(60).optional().describe("poll: seconds to wait for the end, default 0"),
  offset: z.int().min(1).optional().describe("log: first line, from 1"),
  limit: z.int().min(1).max(5000).optional().describe("log: number of lines, default the last 200"),
});
type Call = z.infer<typeof input>;
type ProcessServices = Pick<ToolServices, "clock"> & { exec: NonNullable<ToolServices["exec"]> };

export function processTool(services: ProcessServices, gate: ApprovalGate): Tool {
  const { processes } = services.exec;
  const find = (call: Call, context: ToolContext): ProcessSession => {
    const session = call.id === undefined ? null : processes.get(call.id, processOwner(context));
    if (session) return session;
    throw new UserError(
      "PROCESS_UNKNOWN",
      `there is no process ${JSON.stringify(call.id ?? "")} of this session`,
      {
        hint: "use action list to see the running ones",
      },
    );
  };
  /** Input to a program that a person had to agree to (a shell, an interpreter) is a command of its own. */
  const question = (call: Call, context: ToolContext): GateQuestion | null => {
    const session =
      call.action === "write" && call.id !== undefined ? processes.get(call.id, processOwner(context)) : null;
    if (!session?.approved || session.end !== null) return null;
    const data = call.data ?? "";
    const digest = createHash("sha256")
      .update(
        JSON.stringify([
          "process-write-1",
          context.principal.id,
          context.sessionKey,
          session.id,
          data,
          call.close ?? false,
        ]),
      )
      .digest("hex");
    return {
      toolName: "process",
      planDigest: digest,
      command: `input to ${session.id} (${session.command}):\n${data}`,
      cwd: context.workspaceDir,
      resolvedPath: null,
      settings: services.exec.settings(context.agentId, context.sessionKey),
      allowlisted: false,
      input: { process: session.id, data, close: call.close ?? false, digest },
    };
  };

  return {
    ...defineTool({
      name: "process",
      description:
        "Look after commands that exec left running: list, poll new output, show the log, write input, kill.",
      groups: ["group:runtime"],
      effect: "exec",
      insideSandbox: true,
      input,
      async run(call, context): Promise<ToolOutput> {
        const answer = gate.take(context);
        if (call.action === "list") {
          const lines = processes
            .list(processOwner(context))
            .map((session) => `${session.id} ${stateOf(session)}: ${session.command}`);
          return textOutput(lines.join("\n") || "(no processes)");
        }
        const session = find(call, context);
        if (call.action === "poll")
          return await poll(services, { session, waitMs: (call.wait ?? 0) * 1000, signal: context.signal });
        if (call.action === "log") return textOutput(log(session, call));
        if (call.action === "kill") {
          session.kill();
          await session.ended;
          return textOutput(`${session.id} ${stateOf(session)}`);
        }
        const asked = question(call, context);
        if (asked) {
          const refusal = await gate.use(answer ?? (await gate.ask(context, asked)), asked.planDigest);
          if (refusal !== null) return errorOutput(refusal);
        }
        const written = session.write(call.data ?? "");
        if (call.close) session.closeInput();
        return written
          ? textOutput("written; poll to see what it answers")
          : errorOutput("its standard input is closed");
      },
    }),
    async authorize(raw, context) {
      const asked = question(raw as Call, context);
      if (!asked) return null;
      const answer = await gate.ask(context, asked);
      return answer.allowed ? null : errorOutput(answer.message);
    },
  };
}

async function poll(
  services: ProcessServices,
  options: { session: ProcessSession; waitMs: number; signal: AbortSignal },
): Promise<ToolOutput> {
  const { session, signal } = options;
  if (session.end === null && options.waitMs > 0) {
    await new Promise<void>((resolve) => {
      const cancel = services.clock.after(options.waitMs, resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      void session.ended.then(() => (cancel(), resolve()));
    });
    signal.throwIfAborted();
  }
  const text = session.fresh().trimEnd();
  const state = `(${session.id} ${stateOf(session)})`;
  return textOutput(text ? `${text}\n${state}` : `(no new output) ${state}`);
}

function log(session: ProcessSession, call: Call): string {
  const { text, dropped } = session.output();
  const lines = text.split("\n");
  const limit = call.limit ?? 200;
  const from = call.offset === undefined ? Math.max(0, lines.length - limit) : call.offset - 1;
  const shown = lines.slice(from, from + limit).map((line, index) => `${from + index + 1}\t${line}`);
  const notice = dropped > 0 ? `(the first ${dropped} characters were dropped)\n` : "";
  return `${notice}${shown.join("\n")}`;
}

function stateOf(session: ProcessSession): string {
  return session.end === null ? "running" : describeEnd(session.end);
}
