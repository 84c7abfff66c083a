import type { OpenClawConfig } from "../config/index.ts";

export type ExecSecurity = "deny" | "allowlist" | "full";
export type ExecAsk = "off" | "on-miss" | "always";

/** What the configuration says about commands of one agent (CFG-033…036). Times in milliseconds. */
export interface ExecSettings {
  /** Where commands run: `auto` leaves it to whoever calls, within the others' limits. */
  host: string;
  /** With host `node`: its id or name; null for any. */
  node: string | null;
  security: ExecSecurity;
  ask: ExecAsk;
  /** What holds when nobody answered: `allowlist` lets through what the allowlist allows anyway; everything else denies. */
  askFallback: ExecSecurity;
  requireApproval: boolean;
  approvalTimeoutMs: number;
  pathPrepend: readonly string[];
  passEnv: readonly string[];
  safeBins: readonly string[];
  /** Longest a command may run. */
  timeoutMs: number;
  /** After this long a command that still runs goes on in the background. */
  backgroundMs: number;
  /** How long a finished background command stays listed. */
  cleanupMs: number;
}

/** A fresh install: known commands run, others after approval, silence means no. */
export const defaultExecSettings: ExecSettings = {
  host: "auto",
  node: null,
  security: "allowlist",
  ask: "on-miss",
  askFallback: "deny",
  requireApproval: false,
  approvalTimeoutMs: 600_000,
  pathPrepend: [],
  passEnv: [],
  safeBins: [],
  timeoutMs: 1_800_000,
  backgroundMs: 10_000,
  cleanupMs: 1_800_000,
};

/** `tools.exec` of a configuration. */
export function configuredExec(exec: OpenClawConfig["tools"]["exec"]): ExecSettings {
  return {
    host: exec.host,
    node: exec.node || null,
    security: exec.security,
    ask: exec.ask,
    askFallback: exec.askFallback,
    requireApproval: exec.requireApproval ?? false,
    approvalTimeoutMs: exec.approvalTimeoutSeconds * 1000,
    pathPrepend: exec.pathPrepend,
    passEnv: exec.passEnv,
    safeBins: exec.safeBins,
    timeoutMs: exec.timeoutSec * 1000,
    backgroundMs: exec.backgroundMs,
    cleanupMs: exec.cleanupMs,
  };
}

const securityOrder: readonly string[] = ["deny", "allowlist", "full"];
const askOrder: readonly string[] = ["off", "on-miss", "always"];

/** The stricter of the configuration and of exec-approvals.json (or a session's own settings): neither widens the other. */
export function stricter(
  settings: ExecSettings,
  other: { security?: string | undefined; ask?: string | undefined; askFallback?: string | undefined },
): ExecSettings {
  const pick = <T extends string>(
    order: readonly string[],
    a: T,
    b: string | undefined,
    strict: "low" | "high",
  ): T => {
    if (b === undefined) return a;
    const [x, y] = [order.indexOf(a), order.indexOf(b)];
    // A word we do not know is the strictest.
    const worst = strict === "low" ? 0 : order.length - 1;
    const index = x === -1 || y === -1 ? worst : strict === "low" ? Math.min(x, y) : Math.max(x, y);
    return order[index] as T;
  };
  return {
    ...settings,
    security: pick(securityOrder, settings.security, other.security, "low"),
    ask: pick(askOrder, settings.ask, other.ask, "high"),
    askFallback: pick(securityOrder, settings.askFallback, other.askFallback, "low"),
  };
}

export type ExecVerdict = "allow" | "ask" | "deny";

/** The policy, as a pure table. `allowlisted`: every program of the command is allowed by an entry or is a safe filter. */
export function decideExec(settings: ExecSettings, allowlisted: boolean): ExecVerdict {
  const always = settings.requireApproval || settings.ask === "always";
  if (settings.security === "full") return always ? "ask" : "allow";
  if (settings.security !== "allowlist") return "deny";
  if (always) return "ask";
  if (allowlisted) return "allow";
  return settings.ask === "on-miss" ? "ask" : "deny";
}
