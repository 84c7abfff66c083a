import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTools, createProcessRegistry, type ToolServices } from "../../src/agent/tools/index.ts";
import type { ToolContext, ToolOutput } from "../../src/agent/contract.ts";
import { loadPrincipal } from "../../src/core/authority.ts";
import { systemClock } from "../../src/core/clock.ts";
import { textOf } from "../../src/core/conversation.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { openLedgerDb } from "../../src/ledger/index.ts";
import {
  createApprovalService,
  createExecApprovalsFile,
  defaultExecSettings,
  type ExecSettings,
} from "../../src/sandbox/index.ts";

/** Tools over a real workspace, a real ledger and real processes. */
export async function createToolBench(options: Partial<ToolServices> = {}) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "tools-")));
  const workspaceDir = join(base, "workspace");
  mkdirSync(workspaceDir);
  const db = openLedgerDb({ path: join(base, "ledger.sqlite"), logger: silentLogger });
  const approvals = createApprovalService({ db, clock: systemClock, logger: silentLogger });
  const allowlist = createExecApprovalsFile({ path: join(base, "exec-approvals.json") });
  const processes = createProcessRegistry({ clock: systemClock, logger: silentLogger });
  const settings: { exec: ExecSettings } = { exec: { ...defaultExecSettings } };
  const tools = createTools({
    clock: systemClock,
    logger: silentLogger,
    exec: {
      settings: () => settings.exec,
      approvals,
      allowlist,
      processes,
      environment: { HOME: workspaceDir, SECRET_KEY: "hidden", ALLOWED: "yes" },
    },
    ...options,
  });
  let calls = 0;
  const context = (overrides: Partial<ToolContext> = {}): ToolContext => ({
    agentId: "main",
    sessionKey: "agent:main:main",
    runId: "run-1",
    callId: `call-${++calls}`,
    principal: loadPrincipal({ kind: "operator", id: "me", role: "operator", scopes: [], owner: true }),
    workspaceDir,
    sandbox: null,
    signal: new AbortController().signal,
    clock: systemClock,
    logger: silentLogger,
    update: () => undefined,
    waitsFor: () => () => undefined,
    ...overrides,
  });
  const named = (name: string) => {
    const tool = tools.find((each) => each.name === name);
    if (!tool) throw new Error(`no tool ${name}`);
    return tool;
  };
  /** As the executor does: validate, authorise, run. */
  const call = async (name: string, input: unknown, overrides: Partial<ToolContext> = {}) => {
    const tool = named(name);
    const parsed = tool.input.parse(input);
    const where = context(overrides);
    const refused = (await tool.authorize?.(parsed, where)) ?? null;
    const output: ToolOutput = refused ?? (await tool.run(parsed, where));
    return { text: textOf(output.content), isError: output.isError === true, output };
  };
  return {
    base,
    workspaceDir,
    approvals,
    allowlist,
    processes,
    settings,
    tools,
    context,
    named,
    call,
    /** Decides every approval that is asked for from now on, and remembers what was shown. */
    decide(decision: "allow-once" | "allow-always" | "deny") {
      const shown: string[] = [];
      const stop = approvals.subscribe((event) => {
        if (event.type !== "requested") return;
        shown.push(event.record.request.command);
        void approvals.resolve(event.record.request.id, decision, "operator");
      });
      return { shown, stop };
    },
    async stop() {
      await processes.stop();
      db.close();
      rmSync(base, { recursive: true, force: true });
    },
  };
}
export type ToolBench = Awaited<ReturnType<typeof createToolBench>>;
