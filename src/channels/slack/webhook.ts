import { createHmac } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { constantTimeEqual } from "../../guard/index.ts";
import type { WebhookRequest } from "../contract.ts";
import { fields, type Fields, text } from "../shared/index.ts";

const windowMs = 5 * 60_000;

/** Slack's requests to our port, as the envelopes of Socket Mode they correspond to. */
export interface SlackRequest {
  type: "events_api" | "interactive" | "slash_commands";
  payload: Fields;
}

/**
 * Whether the headers were made with the signing secret for exactly this body within five minutes of now
 * (docs.slack.dev/authentication/verifying-requests-from-slack).
 */
export function isSigned(request: WebhookRequest, options: { secret: string; clock: Clock }): boolean {
  const stamp = request.headers["x-slack-request-timestamp"] ?? "";
  const signature = request.headers["x-slack-signature"] ?? "";
  if (options.secret === "" || !/^\d{1,12}$/.test(stamp)) return false;
  const expected = `v0=${createHmac("sha256", options.secret).update(`v0:${stamp}:`).update(request.body).digest("hex")}`;
  const fresh = Math.abs(options.clock.now() - Number(stamp) * 1000) <= windowMs;
  return constantTimeEqual(signature, expected) && fresh;
}

/** What a signed request says; the challenge of a new address, or null for what is not understood. */
export function requestOf(request: WebhookRequest): SlackRequest | { challenge: string } | null {
  const body = Buffer.from(request.body).toString("utf8");
  if (request.headers["content-type"]?.includes("application/x-www-form-urlencoded") === true) {
    const form = new URLSearchParams(body);
    const payload = form.get("payload");
    return payload === null
      ? { type: "slash_commands", payload: Object.fromEntries(form) }
      : { type: "interactive", payload: parsed(payload) };
  }
  const payload = parsed(body);
  if (payload["type"] === "url_verification") return { challenge: text(payload["challenge"]) };
  return payload["type"] === "event_callback" ? { type: "events_api", payload } : null;
}

function parsed(json: string): Fields {
  try {
    return fields(JSON.parse(json));
  } catch {
    // Signed, and yet not JSON: nothing in it to act upon.
    return {};
  }
}
