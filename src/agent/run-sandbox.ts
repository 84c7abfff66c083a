import type { Principal } from "../core/authority.ts";
import type { Ledger } from "../ledger/contract.ts";
import {
  decideSandbox,
  type SandboxMode,
  type SandboxSubject,
  type ToolSandbox,
} from "../sandbox/box/index.ts";
import { policySessionKind, type SandboxPolicyInput } from "./tools-policy.ts";

/** How the owner lets commands of a sandboxed session out of it (AGENT-007); anything unknown is `off`. */
export const elevatedLevels = ["off", "on", "ask", "full"] as const;
export type ElevatedLevel = (typeof elevatedLevels)[number];

/** The sandbox the tools of one run execute in. */
export interface RunSandbox {
  readonly box: ToolSandbox;
  /** The rule that put the run there. */
  readonly rule: string;
  /** Nothing in it is anybody else's: the folder is this session's own, and there is no network. */
  readonly ownFolder: boolean;
  /** Asked for every command: what the owner said lately, for exactly who asks in this run. */
  elevated(): ElevatedLevel;
}

/** What runs need to know of sandboxes; made by `app/` from the configuration. */
export interface SandboxDesk {
  mode(agentId: string): SandboxMode;
  /** Whether the folder of a sandbox belongs to one session. */
  perSession(agentId: string): boolean;
  box(subject: SandboxSubject): ToolSandbox;
  /** Canonical key of the session that spawned this one. */
  parentOf(sessionKey: string): string | null;
  /** Whether this is somebody `tools.exec.elevated` names. */
  mayElevate(principal: Principal): boolean;
  /** What holds for the session now. */
  elevatedLevel(sessionKey: string): ElevatedLevel;
}

const maxAncestors = 8;

/** The sandbox of whoever works in a session, or null when their tools execute on this machine. Nothing is made. */
export function sandboxFor(
  desk: SandboxDesk,
  at: {
    subject: SandboxSubject;
    mainKey: string;
    /** The lowest of all that triggered the work, and each of them. */
    principal: Principal;
    senders: readonly Principal[];
    /** An earlier attempt was sandboxed. */
    recorded: boolean;
  },
): RunSandbox | null {
  const { agentId, sessionKey } = at.subject;
  const mode = desk.mode(agentId);
  const isMain = (key: string) => policySessionKind(key, at.mainKey) === "main";
  let parent = false;
  let key = desk.parentOf(sessionKey);
  for (let depth = 0; key !== null && !parent && depth < maxAncestors; depth++) {
    // Who spoke there is not known here: only the place counts, and a chain without end counts as sandboxed.
    parent = mode === "all" || (mode === "non-main" && !isMain(key)) || depth === maxAncestors - 1;
    key = desk.parentOf(key);
  }
  const decision = decideSandbox({
    mode,
    agentId,
    main: isMain(sessionKey),
    owner: at.principal.owner,
    fromSandbox: at.principal.sandboxed === true,
    recorded: at.recorded,
    parent,
  });
  if (!decision.sandboxed) return null;
  const box = desk.box(at.subject);
  return {
    box,
    rule: decision.rule,
    get ownFolder() {
      return box.access === "none" && box.sealed && desk.perSession(agentId);
    },
    elevated: () =>
      decision.mayElevate && at.senders.length > 0 && at.senders.every((each) => desk.mayElevate(each))
        ? desk.elevatedLevel(sessionKey)
        : "off",
  };
}

/** What a run in a sandbox causes is sandboxed as well, wherever it goes. */
export function confined(principal: Principal, sandbox: RunSandbox | null): Principal {
  return sandbox === null ? principal : Object.freeze({ ...principal, sandboxed: true });
}

const stage = "sandbox";

/** Whether an earlier attempt of this run worked in a sandbox. */
export function wasSandboxed(ledger: Pick<Ledger, "why">, runId: string): boolean {
  return ledger.why(runId).trace.some((row) => row.stage === stage);
}

/** Remembers that a run works in a sandbox, before it does anything. */
export function recordSandbox(
  ledger: Pick<Ledger, "trace">,
  runId: string,
  { rule, box }: RunSandbox,
): Promise<void> {
  return ledger.trace({ subject: runId, stage, rule: "sandbox.on", detail: `${rule}: ${box.summary}` });
}

/** What tool policy wants to know of it. */
export function policyOf({ box, ownFolder }: RunSandbox): SandboxPolicyInput {
  return { writable: box.access === "rw", ownFolder };
}

/** Where long results of tools are kept: where the run's tools can read them. */
export function placeOf(sandbox: RunSandbox | null, workspaceDir: string): () => Promise<string> {
  return sandbox ? () => sandbox.box.workspaceDir() : () => Promise.resolve(workspaceDir);
}

/**
 * Whose the commands are that a run starts and may look after. What runs on the machine is out of reach for a sandboxed run of the
 * same session: writing to its input would be running there. While commands are elevated it is the other way round.
 */
export function processOwner(context: { sessionKey: string; sandbox: RunSandbox | null }): string {
  const { sandbox, sessionKey } = context;
  return sandbox !== null && sandbox.elevated() === "off" ? `${sessionKey}\0sandbox` : sessionKey;
}
