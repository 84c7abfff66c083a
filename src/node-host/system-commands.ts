import { z } from "zod";
import { findBinary, runProcess, searchPath } from "../guard/index.ts";
import type { CommandAnswer, NodeCommand, NodeTools } from "./contract.ts";
import { createRunGate, runParams, type ReadyRun, type RunParams } from "./exec-plans.ts";

/** Characters of output that are sent back; what does not fit into a frame even so is cut further. */
const maxOutputBytes = 200_000;

const bins = z.object({ bins: z.array(z.string().min(1).max(256)).max(200) });
const setParams = z.object({
  file: z.record(z.string(), z.unknown()),
  baseHash: z.string().nullish(),
});

/** `system.*` as nodes offer them (protocol.md 9), under this machine's own policy. */
export function systemCommands(tools: NodeTools): Record<string, NodeCommand> {
  const gate = createRunGate(tools);
  return {
    "system.run": async (raw, call) => {
      const params = runParams.parse(raw);
      const verdict = await gate.decide(params);
      const about = reportOf(params);
      if (verdict.verdict === "deny") {
        call.report("exec.denied", { ...about, reason: verdict.message });
        return refused("SYSTEM_RUN_DENIED", verdict.message);
      }
      if (verdict.verdict === "ask") {
        return {
          ...refused("APPROVAL_REQUIRED", "SYSTEM_RUN_DENIED: approval required"),
          payload: { plan: verdict.offer },
        };
      }
      call.report("exec.started", about);
      const answer = await carryOut(tools, {
        run: verdict.run,
        params,
        signal: call.signal,
        waitMs: call.timeoutMs,
      });
      call.report("exec.finished", {
        ...about,
        exitCode: answer.exitCode,
        timedOut: answer.timedOut,
        success: answer.success,
      });
      return { ok: true, payload: answer };
    },

    "system.run.prepare": async (raw) => ({ ok: true, payload: await gate.prepare(runParams.parse(raw)) }),

    "system.which": async (raw) => {
      const { bins: names } = bins.parse(raw);
      const folders = searchPath(tools.settings().pathPrepend);
      const found = names.flatMap((name) => {
        const path = findBinary(name, folders);
        return path === null ? [] : [[name, path] as const];
      });
      return { ok: true, payload: { bins: Object.fromEntries(found) } };
    },

    "system.execApprovals.get": async () => ({ ok: true, payload: await tools.approvals.snapshot() }),

    "system.execApprovals.set": async (raw) => {
      const { file, baseHash } = setParams.parse(raw);
      return { ok: true, payload: await tools.approvals.set(file, baseHash ?? null) };
    },
  };
}

function refused(code: string, message: string): Extract<CommandAnswer, { ok: false }> {
  return { ok: false, error: { code, message } };
}

function reportOf({ sessionKey, runId, command }: RunParams): Record<string, unknown> {
  return {
    host: "node",
    command: command.join(" ").slice(0, 1000),
    ...(sessionKey ? { sessionKey } : {}),
    ...(runId ? { runId } : {}),
  };
}

async function carryOut(
  tools: NodeTools,
  job: { run: ReadyRun; params: RunParams; signal: AbortSignal; waitMs: number },
) {
  const { run, params, signal } = job;
  // A little before the gateway gives up, so that the answer still finds it.
  const wait = Math.max(1000, job.waitMs - 500);
  const timeoutMs = Math.min(params.timeoutMs || wait, wait, run.timeoutMs);
  const end = await runProcess(
    { file: run.plan.file, args: run.plan.args, argv0: run.plan.argv0, cwd: run.cwd, env: run.env },
    { clock: tools.clock, signal, timeoutMs, maxOutputBytes },
  );
  return fitting({
    exitCode: end.exitCode,
    timedOut: end.timedOut,
    success: end.exitCode === 0 && !end.timedOut,
    stdout: end.stdout,
    stderr: end.stderr,
    error: problemOf(end),
    truncated: end.outputLimitHit,
  });
}

function problemOf(end: {
  timedOut: boolean;
  outputLimitHit: boolean;
  signal: string | null;
}): string | null {
  if (end.timedOut) return "timed out";
  if (end.outputLimitHit) return `stopped after ${maxOutputBytes} bytes of output`;
  return end.signal === null ? null : `ended by ${end.signal}`;
}

/** Control characters grow sixfold in JSON: halves the output until the whole fits into a frame. */
function fitting<T extends { stdout: string; stderr: string; truncated: boolean }>(answer: T): T {
  let fit = answer;
  while (JSON.stringify(fit).length > 400_000) {
    const half = (text: string) => text.slice(0, Math.floor(text.length / 2));
    fit = { ...fit, stdout: half(fit.stdout), stderr: half(fit.stderr), truncated: true };
  }
  return fit;
}
