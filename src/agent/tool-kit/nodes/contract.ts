import type { Principal } from "../../../core/authority.ts";

/** A machine or phone that was approved as a node. Names and platforms are what it says about itself. */
export interface ToolNode {
  nodeId: string;
  name: string;
  platform: string | null;
  version: string | null;
  connected: boolean;
  /** What it offers and policy lets through; empty while it is away. */
  commands: readonly string[];
  permissions: Readonly<Record<string, boolean>>;
}

export interface NodeCall {
  nodeId: string;
  command: string;
  params: unknown;
  /** Milliseconds. */
  timeoutMs: number;
  /** The same key of the same caller is the same call. */
  idempotencyKey: string;
  /** Whose authority the run carries: it must reach as far as the same request on the control plane would need. */
  principal: Principal;
  /** Calls the command off on the node when it is aborted. */
  signal: AbortSignal;
  /** A plan the node offered and, where it needed that, a person agreed to. */
  approval?: { planId: string; approvalDecision?: "allow-once" | "allow-always" };
}

/** The nodes of this gateway, as tools use them. */
export interface NodeServices {
  list(): ToolNode[];
  /** Whether nodes that are away may only not have come back yet: the gateway has just started. */
  mayStillCome(): boolean;
  /**
   * @returns what the node answered
   * @throws OpenClawError INVALID_REQUEST not allowed here or beyond the run's authority, UNAVAILABLE away,
   * no answer, or the node's own refusal; UserError NODE_RUN_DENIED
   */
  invoke(call: NodeCall): Promise<unknown>;
  /** Commands a person is asked about before each of them (`tools.nodes.askCommands`). */
  askCommands(): readonly string[];
}
