import { isObject } from "../../core/json.ts";
import { parseSessionKey } from "../../core/session-key.ts";
import { eventFrame } from "../../protocol/index.ts";
import type { SessionDefaults } from "../ws/hello.ts";
import type { NodeRegistry } from "./registry.ts";

/**
 * Copies of `agent` and `chat` events, without `seq`, for nodes that subscribed to their session (protocol.md 3.9).
 * Nodes get these events no other way.
 */
export function createNodeMirror(options: {
  nodes: NodeRegistry;
  defaults: () => SessionDefaults | undefined;
}): (event: string, payload: unknown, json: string | undefined) => void {
  const canonical = (key: string): string => {
    const { defaultAgentId = "main", mainKey = "main" } = options.defaults() ?? {};
    try {
      return parseSessionKey(key, { agentId: defaultAgentId, mainKey }).canonical;
    } catch {
      // A key nobody can have: it equals nothing.
      return `invalid:${key}`;
    }
  };
  return (event, payload, json) => {
    if (event !== "agent" && event !== "chat") return;
    let key: string | null = null;
    let frame: string | null = null;
    for (const node of options.nodes.live()) {
      if (node.subscriptions.size === 0) continue;
      const sessionKey = isObject(payload) ? payload["sessionKey"] : undefined;
      if (typeof sessionKey !== "string") return;
      key ??= canonical(sessionKey);
      if (![...node.subscriptions].some((wanted) => canonical(wanted) === key)) continue;
      frame ??= eventFrame(event, json);
      node.connection.sendEventFrame(frame, true);
    }
  };
}
