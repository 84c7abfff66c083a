import type { ServerResponse } from "node:http";
import type { z } from "zod";
import type { Principal } from "../../core/authority.ts";
import { OpenClawError, UserError, messageOf } from "../../core/errors.ts";
import type { GatewayServices } from "../contract.ts";
import type { RouteRequest } from "../http/route.ts";
import { ApiError, badRequest, sendJson } from "./reply.ts";

const maxDepth = 64;

/** Parses a JSON body leniently: members the schema does not name are ignored. @throws ApiError 400 */
export function parseBody<T>(body: Uint8Array, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw badRequest(`the body is not valid JSON: ${messageOf(error)}`);
  }
  const unsafe = unsafeIn(value, maxDepth);
  if (unsafe !== null) throw badRequest(unsafe);
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const param = issue?.path.join(".") ?? "";
  throw badRequest(
    param === ""
      ? (issue?.message ?? "the body is not valid")
      : `'${param}': ${issue?.message ?? "not valid"}`,
    param === "" ? undefined : param,
  );
}

/** What makes a tree one that must not travel on: depth, or a key that means something to objects. */
function unsafeIn(value: unknown, levels: number): string | null {
  if (typeof value !== "object" || value === null) return null;
  if (levels === 0) return `the body is nested deeper than ${maxDepth} levels`;
  if (Object.hasOwn(value, "__proto__")) return 'the body has a member named "__proto__"';
  for (const child of Object.values(value)) {
    const found = unsafeIn(child, levels - 1);
    if (found !== null) return found;
  }
  return null;
}

/** The verified caller. The router gives these routes one always; without it nothing runs. */
export function ownerOf(request: RouteRequest): Principal {
  if (request.principal === null) throw new ApiError(401, "invalid_request_error", "Unauthorized");
  return request.principal;
}

/** Runs a handler and answers what it throws in the shape OpenAI clients read. */
export async function answering(
  services: GatewayServices,
  response: ServerResponse,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const failure = toApiError(error);
    if (failure.status >= 500) {
      services.logger.error("an HTTP request failed", { error: messageOf(error), status: failure.status });
    }
    if (!response.headersSent) sendJson(response, failure.status, failure.body());
    else if (!response.writableEnded) {
      response.end(`data: ${JSON.stringify(failure.body())}\n\ndata: [DONE]\n\n`);
    }
  }
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof UserError)
    return new ApiError(400, "invalid_request_error", withHint(error), { code: error.code });
  if (error instanceof OpenClawError) {
    if (error.code === "INVALID_REQUEST" || error.code === "AGENT_UNKNOWN") {
      return new ApiError(400, "invalid_request_error", withHint(error));
    }
    const busy = error.code === "UNAVAILABLE" && error.retryable;
    return new ApiError(
      busy ? 429 : error.retryable ? 503 : 500,
      busy ? "rate_limit_error" : "api_error",
      withHint(error),
      {
        code: error.code,
      },
    );
  }
  // A bug's text may hold anything; it is in the log, not in the answer.
  return new ApiError(500, "api_error", "the gateway failed while answering; see its log");
}

function withHint(error: OpenClawError): string {
  return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
}
