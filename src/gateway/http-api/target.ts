import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { uuid } from "../../core/ids.ts";
import type { GatewayServices } from "../contract.ts";
import { agentsOf, defaultAgentOf, sessionKeyOf } from "../methods/settings.ts";
import { ApiError, badRequest } from "./reply.ts";

export interface Target {
  agentId: string;
  /** `provider/model` of the catalogue when the request names one. */
  model: string | undefined;
}

/** One value of a header; a repeated one is refused by taking neither. */
function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

/**
 * Which agent answers (protocol.md 5): header, else `openclaw:<id>`, `openclaw/<id>`, `agent:<id>` as model. A model of
 * the catalogue runs the default agent on that model; any other name (clients must send some) the default agent.
 * @throws ApiError 404 model_not_found for an agent there is not.
 */
export function targetOf(services: GatewayServices, headers: IncomingHttpHeaders, model: string): Target {
  const named =
    header(headers, "x-openclaw-agent-id") ??
    header(headers, "x-openclaw-agent") ??
    /^(?:openclaw|agent)[:/](.+)$/i.exec(model)?.[1];
  const override = services.models.list().find((each) => each.ref === model)?.ref;
  if (named === undefined) return { agentId: defaultAgentOf(services), model: override };
  const agentId = named.toLowerCase();
  if (!agentsOf(services).some((agent) => agent.id === agentId)) {
    throw new ApiError(
      404,
      "invalid_request_error",
      `The model '${named.slice(0, 80)}' does not exist: this gateway has no such agent`,
      {
        param: "model",
        code: "model_not_found",
      },
    );
  }
  return { agentId, model: override };
}

/** The conversation a request belongs to, and whether the gateway remembers it for the next one. */
export function sessionOf(
  services: GatewayServices,
  request: {
    headers: IncomingHttpHeaders;
    agentId: string;
    user: string | undefined;
    prefix: "openai" | "openresponses";
  },
): { sessionKey: string; known: boolean } {
  const { agentId, user, prefix } = request;
  const asked = header(request.headers, "x-openclaw-session-key");
  const sessionKey =
    asked ??
    (user === undefined
      ? `agent:${agentId}:${prefix}:${uuid()}`
      : `agent:${agentId}:${prefix}-user:${user.slice(0, 200)}`);
  try {
    return {
      sessionKey,
      known: services.sessions.get(sessionKeyOf(services, sessionKey).canonical) !== null,
    };
  } catch (error) {
    throw badRequest(
      error instanceof Error ? error.message : String(error),
      asked === undefined ? "user" : undefined,
    );
  }
}

/** The id of the answer and of its run: derived from `Idempotency-Key`, so that a repeat finds the first one. */
export function answerId(headers: IncomingHttpHeaders, prefix: string): string {
  const key = header(headers, "idempotency-key");
  if (key === undefined) return `${prefix}_${uuid().replaceAll("-", "")}`;
  return `${prefix}_${createHash("sha256").update(key).digest("hex").slice(0, 32)}`;
}
