import type { ServerResponse } from "node:http";
import { z } from "zod";
import { isObject } from "../../core/json.ts";
import type { GatewayServices } from "../contract.ts";
import type { RouteRequest } from "../http/route.ts";
import { sessionKeyOf } from "../methods/settings.ts";
import { sendJson } from "./reply.ts";
import { ownerOf, parseBody } from "./request.ts";

/**
 * Never over HTTP, whatever the policy says: they start, steer or end other conversations, or the gateway itself
 * (threats.md 4.3).
 */
const neverOverHttp = new Set([
  "sessions_spawn",
  "sessions_send",
  "sessions_reset",
  "session_spawn",
  "gateway",
  "cron",
  "nodes",
  "whatsapp_login",
]);

const bodySchema = z.object({
  tool: z.string().min(1).max(128),
  action: z.string().max(128).nullish(),
  args: z.record(z.string(), z.unknown()).nullish(),
  sessionKey: z.string().nullish(),
});

/** POST /tools/invoke: one tool, with the policy, approval, limits and journaling it has inside a run. */
export async function toolsInvoke(
  services: GatewayServices,
  request: RouteRequest,
  response: ServerResponse,
): Promise<void> {
  const body = parseBody(request.body, bodySchema);
  const name = body.tool.trim().toLowerCase();
  const args = body.args ?? {};
  const input = body.action && args["action"] === undefined ? { ...args, action: body.action } : args;
  const refused = neverOverHttp.has(name);
  const { found, output } = refused
    ? { found: false, output: null }
    : await services.invokeTool({
        name,
        input,
        sessionKey: sessionKeyOf(services, body.sessionKey || "main").canonical,
        principal: ownerOf(request),
        signal: request.signal,
      });
  if (!found || output === null) {
    // Hidden by policy and not there look alike.
    return sendJson(response, 404, {
      ok: false,
      error: { type: "not_found", message: `Tool not available: ${name}` },
    });
  }
  const content = output.content.map((block) =>
    block.type === "image"
      ? { type: "image", mimeType: block.mimeType, bytes: block.bytes, omitted: true }
      : block,
  );
  if (output.isError) {
    const text = content.flatMap((block) => ("text" in block ? [block.text] : [])).join("\n");
    return sendJson(response, 400, {
      ok: false,
      error: { type: "tool_error", message: text || "the tool failed" },
    });
  }
  const details = isObject(output.details) ? output.details : {};
  sendJson(response, 200, { ok: true, result: { content, details } });
}
