import { OpenClawError, UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";

/** The error of a response frame as something to throw; what a person can mend is a UserError with a hint. */
export function errorOfFrame(error: unknown, url: string): OpenClawError {
  const frame = isObject(error) ? error : {};
  const code = typeof frame["code"] === "string" ? frame["code"] : "UNAVAILABLE";
  const message = typeof frame["message"] === "string" ? frame["message"] : "the gateway gave no reason";
  const details: Record<string, unknown> = isObject(frame["details"]) ? { ...frame["details"] } : {};
  if (typeof frame["retryAfterMs"] === "number") details["retryAfterMs"] = frame["retryAfterMs"];
  const retryable = frame["retryable"] === true;
  const hint = typeof details["hint"] === "string" ? details["hint"] : hintFor(code, message, details, url);
  const options = { details, retryable, ...(hint === undefined ? {} : { hint }) };
  if (message === "protocol mismatch")
    return new UserError("PROTOCOL_MISMATCH", `protocol mismatch with ${url}`, options);
  if (code === "UNAVAILABLE" || code === "AGENT_TIMEOUT") return new OpenClawError(code, message, options);
  return new UserError(code, message, options);
}

function hintFor(
  code: string,
  message: string,
  details: Record<string, unknown>,
  url: string,
): string | undefined {
  if (code === "NOT_PAIRED" && typeof details["requestId"] === "string")
    return `on the gateway's machine: openclaw devices approve ${details["requestId"]}`;
  if (code === "NOT_PAIRED") return "connect with a device identity, or from the gateway's own machine";
  if (code === "AUTH_FAILED" || /unauthorized/i.test(message))
    return "give the gateway's token with --token or OPENCLAW_GATEWAY_TOKEN; `openclaw config get gateway.auth.token` prints it on the gateway's machine";
  if (message === "protocol mismatch") return `update the gateway at ${url} or this client`;
  return undefined;
}

/** Why a socket ended before `hello-ok`. `event` is what its `error` event carried, if any. */
export function unreachable(
  url: string,
  event: unknown,
  closed: { code?: number | undefined; reason?: string | undefined } = {},
): UserError {
  const cause =
    isObject(event) || event instanceof Error ? ((event as { error?: unknown }).error ?? event) : undefined;
  if (cause instanceof UserError) return cause;
  const reason = closed.reason ?? "";
  if (reason !== "" && /unauthorized/i.test(reason)) {
    return new UserError("AUTH_FAILED", reason, { hint: hintFor("AUTH_FAILED", reason, {}, url) ?? "" });
  }
  const why =
    reason !== ""
      ? reason
      : (textOf(cause) ?? (closed.code === undefined ? "no connection" : `closed with code ${closed.code}`));
  return new UserError("GATEWAY_UNREACHABLE", `cannot reach the gateway at ${url}: ${why}`, {
    hint: "start it with `openclaw gateway`, or see `openclaw gateway status`",
    retryable: true,
    ...(cause === undefined ? {} : { cause }),
  });
}

function textOf(cause: unknown): string | undefined {
  if (!isObject(cause) && !(cause instanceof Error)) return undefined;
  const { code, message, errors } = cause as { code?: unknown; message?: unknown; errors?: unknown };
  // Several addresses of one name were tried: the first failure speaks for all.
  if (typeof code === "string" && (message === "" || message === undefined)) return code;
  if (Array.isArray(errors) && errors.length > 0) return textOf(errors[0]);
  return typeof message === "string" && message !== "" ? message : undefined;
}
