import { OpenClawError, UserError, codeOf, messageOf } from "../core/errors.ts";
import type { Credentials, Target } from "./target.ts";

const unreachable = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "EPIPE",
  "TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_FAILED",
  "GATEWAY_UNREACHABLE",
]);

const reasons: Record<string, string> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name could not be looked up",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  TIMEOUT: "no answer in time",
  ETIMEDOUT: "no answer in time",
};

/**
 * What went wrong while connecting, as something the user can mend (ERR-006, CLI-077): unreachable, unauthorized,
 * pairing needed, or the gateway's own words.
 */
export function connectError(
  error: unknown,
  context: { target: Target; credentials: Credentials; configPath: string; verbose: boolean },
): OpenClawError {
  const { target, credentials } = context;
  const code = rootCode(error);
  const message = messageOf(error);
  const more = context.verbose
    ? ` (target ${target.url} from ${target.from}, credentials from ${credentials.from}, config ${context.configPath})`
    : "";
  if (code === "NOT_PAIRED" || /pairing required|device identity required/i.test(message)) {
    const requestId = error instanceof OpenClawError ? error.details?.requestId : undefined;
    return new UserError(
      "NOT_PAIRED",
      `the gateway at ${target.url} wants this machine to be paired first${more}`,
      {
        hint:
          typeof requestId === "string"
            ? `on the gateway's machine: \`openclaw devices approve ${requestId}\`, then run this again`
            : "give the shared token in OPENCLAW_GATEWAY_TOKEN, or on the gateway's machine: `openclaw devices list`",
        cause: error,
        ...(typeof requestId === "string" ? { details: { requestId } } : {}),
      },
    );
  }
  if (code === "AUTH_FAILED" || /unauthorized/i.test(message)) {
    const what = /unauthorized/i.test(message) ? message.replace(/^.*?unauthorized:?\s*/i, "") : message;
    const none = !credentials.token && !credentials.password;
    return new UserError(
      "AUTH_FAILED",
      `unauthorized: ${what || "the gateway refused the credentials"}${more}`,
      {
        hint: none
          ? "no token was found: set OPENCLAW_GATEWAY_TOKEN, or copy the one `openclaw config get gateway.auth.token` prints on the gateway's machine"
          : `the credentials came from ${credentials.from}; compare with \`openclaw config get gateway.auth.token\` on the gateway's machine`,
        cause: error,
      },
    );
  }
  if ((code && unreachable.has(code)) || !(error instanceof OpenClawError)) {
    const why = (code && reasons[code]) ?? message;
    return new UserError("GATEWAY_UNREACHABLE", `cannot reach the gateway at ${target.url}: ${why}${more}`, {
      hint: target.local
        ? "start it with `openclaw gateway`, or see `openclaw gateway status`"
        : "check the address and that the gateway runs there: `openclaw gateway status` on its machine",
      cause: error,
      retryable: true,
    });
  }
  return error;
}

const generic = new Set(["CONNECTION_FAILED", "GATEWAY_UNREACHABLE"]);

/** The code of an error or of what it wraps: sockets report theirs one or two causes deep. */
function rootCode(error: unknown): string | undefined {
  let current: unknown = error;
  let found: string | undefined;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const code = codeOf(current);
    if (code && (!found || generic.has(found))) found = code;
    const many = (current as { errors?: unknown }).errors;
    current = current.cause ?? (Array.isArray(many) ? many[0] : undefined);
  }
  return found;
}
