import { randomBytes } from "node:crypto";
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { buildChildEnv, openRootFs, searchPath } from "../guard/index.ts";
import {
  analyseCommand,
  decideExec,
  entriesFor,
  isAllowlisted,
  makePlan,
  quoteWord,
  stricter,
  visibleText,
  type CommandAnalysis,
  type ExecPlan,
} from "../sandbox/index.ts";
import type { NodeTools } from "./contract.ts";

export const runParams = z.object({
  command: z.array(z.string().max(16_384)).min(1).max(512),
  rawCommand: z.string().max(16_384).nullish(),
  cwd: z.string().max(4096).nullish(),
  env: z.record(z.string().max(256), z.string().max(32_768)).nullish(),
  timeoutMs: z.int().min(0).nullish(),
  agentId: z.string().max(256).nullish(),
  sessionKey: z.string().max(512).nullish(),
  runId: z.string().max(256).nullish(),
  approvalDecision: z.enum(["allow-once", "allow-always"]).nullish(),
  /** The plan an operator agreed to, as this node offered it. */
  planId: z.string().max(64).nullish(),
});
export type RunParams = z.infer<typeof runParams>;

/** A command that may run now. */
export interface ReadyRun {
  plan: ExecPlan;
  cwd: string;
  env: Record<string, string>;
  text: string;
  /** Milliseconds the owner of this machine allows at most. */
  timeoutMs: number;
}

/** What a person is asked about: everything that would happen. */
export interface OfferedPlan {
  planId: string;
  digest: string;
  command: string;
  argv: string[];
  cwd: string;
  env: Record<string, string>;
  resolvedPath: string | null;
  security: string;
  ask: string;
  /** Why "always" would not be remembered; null when it would be. */
  onceOnly: string | null;
}

export type RunVerdict =
  | { verdict: "run"; run: ReadyRun }
  | { verdict: "deny"; message: string }
  | { verdict: "ask"; offer: OfferedPlan };

/** What would become of a command, without running it. Its plan holds either way: run by its id, it is this or nothing. */
export type PreparedRun =
  | { verdict: "run" | "ask"; plan: OfferedPlan }
  | { verdict: "deny"; message: string };

const offerTtlMs = 15 * 60_000;
const maxOffers = 100;

export interface RunGate {
  /** `system.run`: a plan that was offered, or whatever the policy lets through by itself. */
  decide(params: RunParams): Promise<RunVerdict>;
  /** `system.run.prepare` */
  prepare(params: RunParams): Promise<PreparedRun>;
}

/**
 * Decides over `system.run` by this machine's own policy. A command that needs a person is offered as a plan with an id;
 * it runs when the gateway comes back with that id, once, and only if nothing changed since (threats.md, invariant 6).
 */
export function createRunGate(tools: NodeTools): RunGate {
  const offers = new Map<string, { digest: string; at: number }>();
  const forget = () => {
    for (const [id, { at }] of offers) {
      if (tools.clock.now() - at < offerTtlMs && offers.size < maxOffers) break;
      offers.delete(id);
    }
  };
  const offer = (judged: Judged): OfferedPlan => {
    forget();
    const { digest } = judged.run.plan;
    const planId = randomBytes(16).toString("hex");
    offers.set(planId, { digest, at: tools.clock.now() });
    return { ...judged.shown, planId, digest };
  };

  return {
    async decide(params) {
      const judged = await judge(tools, params);
      if (judged.verdict === "deny") return judged;
      forget();
      if (params.planId) {
        const offered = offers.get(params.planId);
        offers.delete(params.planId);
        if (offered?.digest !== judged.run.plan.digest)
          return denied("what was approved is not what would run now");
        // A plan that needed nobody when it was made, while the policy has become stricter since.
        if (judged.verdict === "ask" && !params.approvalDecision) return denied("it needs approval by now");
        if (params.approvalDecision === "allow-always")
          await tools.approvals.allow(judged.agentId, entriesFor(judged.analysis, judged.run.cwd));
        return { verdict: "run", run: judged.run };
      }
      if (judged.verdict === "allow") return { verdict: "run", run: judged.run };
      return { verdict: "ask", offer: offer(judged) };
    },

    async prepare(params) {
      const judged = await judge(tools, params);
      if (judged.verdict === "deny") return judged;
      return { verdict: judged.verdict === "allow" ? "run" : "ask", plan: offer(judged) };
    },
  };
}

interface Judged {
  verdict: "allow" | "ask";
  run: ReadyRun;
  analysis: CommandAnalysis;
  agentId: string;
  shown: Omit<OfferedPlan, "planId" | "digest">;
}

const denied = (why: string): { verdict: "deny"; message: string } => ({
  verdict: "deny",
  message: `SYSTEM_RUN_DENIED: ${why}; ask again`,
});

/** The policy of this machine over a command as things are now. */
async function judge(
  tools: NodeTools,
  params: RunParams,
): Promise<Judged | { verdict: "deny"; message: string }> {
  const agentId = params.agentId ?? "main";
  const rules = await tools.approvals.rules(agentId);
  const settings = stricter(tools.settings(), rules);
  if (settings.security === "deny") return { verdict: "deny", message: "SYSTEM_RUN_DISABLED: security=deny" };
  const env = buildChildEnv({
    source: tools.environment,
    pathPrepend: settings.pathPrepend,
    allowNames: settings.passEnv,
    values: params.env ?? {},
  });
  const cwd = await (await openRootFs(params.cwd ?? tools.home)).directory(".");
  // Quoted word by word the list is one command and nothing in it is a shell's.
  const analysis = await analyseCommand(params.command.map(quoteWord).join(" "), {
    folders: searchPath(settings.pathPrepend),
    writable: tools.shares.filter((share) => share.write).map((share) => share.path),
  });
  if (analysis.commands.length === 0)
    throw new UserError("EXEC_INVALID", analysis.opaque ?? "the command cannot be understood");
  const allowlisted =
    Object.keys(params.env ?? {}).length === 0 &&
    (await isAllowlisted(analysis, {
      entries: rules.entries,
      cwd: cwd.path,
      safeBins: settings.safeBins,
    }));
  const verdict = decideExec(settings, allowlisted);
  if (verdict === "deny") return { verdict, message: "SYSTEM_RUN_DENIED: allowlist miss" };
  const plan = await makePlan({
    analysis,
    cwd,
    env,
    stdin: null,
    pty: false,
    host: "node",
    requester: { principalId: "gateway", agentId, sessionKey: params.sessionKey ?? "" },
  });
  const text = shownCommand(params.command);
  return {
    verdict,
    run: { plan, cwd: cwd.path, env, text, timeoutMs: settings.timeoutMs },
    analysis,
    agentId,
    shown: {
      ...offerOf(analysis, params),
      cwd: cwd.path,
      security: settings.security,
      ask: settings.ask,
    },
  };
}

function offerOf(
  analysis: CommandAnalysis,
  params: RunParams,
): Pick<OfferedPlan, "command" | "argv" | "env" | "resolvedPath" | "onceOnly"> {
  const variables = Object.entries(params.env ?? {}).map(([name, value]) => `${name}=${quoteWord(value)}`);
  return {
    command: visibleText([...variables, shownCommand(params.command)].join(" ")),
    argv: params.command,
    env: params.env ?? {},
    resolvedPath: analysis.commands[0]?.realPath ?? null,
    onceOnly: analysis.opaque,
  };
}

/** The list as one would type it. */
function shownCommand(argv: readonly string[]): string {
  return argv.map((word) => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : quoteWord(word))).join(" ");
}
