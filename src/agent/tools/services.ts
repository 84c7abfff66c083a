import type { Principal } from "../../core/authority.ts";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logger.ts";
import type { GuardedFetch, RootFs } from "../../guard/index.ts";
import type { Memory } from "../../memory/index.ts";
import type { ApprovalService } from "../../sandbox/contract.ts";
import type { ExecApprovalsFile, ExecSettings } from "../../sandbox/index.ts";
import type { ToolContext } from "../contract.ts";
import type { SkillVariable } from "../skill-env.ts";
import type { BrowserServices } from "./browser/contract.ts";
import type { MessageServices } from "./message/contract.ts";
import type { SearchServices } from "./web-search/contract.ts";
import type { NodeServices } from "../tool-kit/nodes/contract.ts";
import type { ProcessRegistry } from "./exec/registry.ts";

/** A session as session tools show it. */
export interface ToolSession {
  /** Canonical key. */
  key: string;
  agentId: string;
  label: string | null;
  channel: string | null;
  /** Epoch milliseconds. */
  updatedAt: number;
  /** Canonical key of the session that spawned it. */
  spawnedBy: string | null;
}

/** What session tools need from the gateway. Visibility is decided in the tools, not here. */
export interface SessionServices {
  list(query: { agentId?: string; limit: number; activeMinutes?: number; search?: string }): ToolSession[];
  get(key: string): ToolSession | null;
  /** The last messages as role and text, oldest first. */
  history(key: string, limit: number): Array<{ role: string; text: string; at: number }>;
  /**
   * Queues a message for another session with the authority of `principal` (never more) and the origin
   * `sessions_send`; resolves with the run id, and the reply text when it came within `waitMs`.
   */
  send(message: {
    from: string;
    to: string;
    text: string;
    principal: Principal;
    waitMs: number;
    /** Makes repetition harmless: the same key is the same message. */
    idempotencyKey: string;
    signal: AbortSignal;
  }): Promise<{ runId: string; status: "ok" | "error" | "queued"; reply: string | null }>;
  reset(key: string, principal: Principal): Promise<{ sessionId: string }>;
  /** Other agents this one may write to (`tools.agentToAgent`). */
  peers?(agentId: string): readonly string[];
  /** Canonical key of an agent's main session. */
  mainKey(agentId: string): string;
  /** Canonical form of a key the model wrote. @throws UserError SESSION_KEY_INVALID */
  canonical(key: string, agentId: string): string;
}

export interface WebFetchSettings {
  maxChars: number;
  maxBytes: number;
  timeoutMs: number;
  maxRedirects: number;
  /** How long a page is remembered; 0 for not at all. */
  cacheTtlMs: number;
}

/** Everything the built-in tools need from the rest of the gateway. */
export interface ToolServices {
  /** The agent's workspace; default: `openRootFs(context.workspaceDir)`. */
  rootFor?(context: ToolContext): Promise<RootFs>;
  /**
   * Absolute paths that no file tool reaches even when they lie in a workspace: the state folder and the config file
   * (an agent must not write what limits it).
   */
  denied?: readonly string[];
  /** Stores an image for the session and returns its digest; without it images are not returned. */
  putMedia?(sessionKey: string, bytes: Uint8Array): Promise<string>;
  exec?: {
    settings(agentId: string, sessionKey: string): ExecSettings;
    approvals: ApprovalService;
    /** Where allowlists live (exec-approvals.json). */
    allowlist: ExecApprovalsFile;
    processes: ProcessRegistry;
    /** Environment commands may inherit allow-listed names from. */
    environment: Readonly<Record<string, string | undefined>>;
    /** Folders programs are looked for in last, after those of the machine. */
    pathAppend?: readonly string[];
    /** What skills of this conversation were given; commands get what is theirs. */
    variables?(context: Pick<ToolContext, "agentId" | "sessionKey">): Promise<readonly SkillVariable[]>;
  };
  web?: { fetch: GuardedFetch; settings(agentId: string): WebFetchSettings };
  search?: SearchServices;
  /** Absent where no browser may be used. */
  browser?: BrowserServices;
  memory?: (agentId: string) => Promise<Memory> | Memory;
  sessions?: SessionServices;
  /** Paired machines and phones; absent where no gateway runs. Needs `exec`: its approvals are asked for there. */
  nodes?: NodeServices;
  /** Chats of channels; absent where no channel runs. */
  message?: MessageServices;
  clock: Clock;
  logger: Logger;
}
