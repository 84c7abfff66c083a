import type { GatewayClient } from "../../../client/contract.ts";
import { OpenClawError, messageOf } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { Credentials } from "../../target.ts";
import { failed, ok, type Hop, type Step, type Walk } from "./hops.ts";

export interface Login {
  credentials: Credentials;
  /** The full handshake; without scopes everything the credential may give is asked for. */
  connect(scopes: string[]): Promise<GatewayClient>;
}

/** Login, device and scopes by the real handshake, and one call to see it answered. */
export function loginStep(login: Login): Step {
  return async (walk) => {
    let client: GatewayClient;
    try {
      client = await login.connect([]);
    } catch (error) {
      walk.signal.throwIfAborted();
      return refused(walk, login, error);
    }
    try {
      return await bound(walk, login, client);
    } finally {
      client.close();
    }
  };
}

async function bound(walk: Walk, login: Login, client: GatewayClient): Promise<Hop[]> {
  const snapshot = isObject(client.hello["snapshot"]) ? client.hello["snapshot"] : {};
  const auth = [client.hello["auth"], snapshot["auth"]].find(isObject) ?? {};
  const scopes = Array.isArray(auth["scopes"]) ? auth["scopes"].map(String) : null;
  const paired = typeof auth["deviceToken"] === "string";
  const hops = [
    ok(
      "auth",
      login.credentials.token || login.credentials.password
        ? `credentials from ${login.credentials.from}`
        : "no secret needed",
    ),
    ok("device", paired ? "this device is paired" : "not needed from this machine"),
  ];
  if (scopes !== null && !scopes.includes("operator.admin")) {
    const requestId = await askForMore(login);
    return [
      ...hops,
      failed("scopes", {
        code: "SCOPE_MISSING",
        message: `this device may use ${scopes.join(", ") || "no scope"}; commands ask for operator.admin`,
        hint: requestId
          ? `on the gateway's machine: openclaw devices approve ${requestId}`
          : "on the gateway's machine: openclaw devices list, then openclaw devices approve <request>",
      }),
    ];
  }
  const started = walk.clock.monotonic();
  try {
    await client.call("health", {}, { timeoutMs: walk.timeoutMs, signal: walk.signal });
  } catch (error) {
    walk.signal.throwIfAborted();
    return [
      ...hops,
      failed("scopes", {
        code: "CALL_FAILED",
        message: `the login works, the call of health does not: ${messageOf(error)}`,
        hint: "openclaw logs --limit 20, on the gateway's machine",
      }),
    ];
  }
  const ms = Math.max(1, Math.round(walk.clock.monotonic() - started));
  return [...hops, ok("scopes", `${scopes?.join(", ") ?? "all"}; health answered in ${ms} ms`)];
}

/** A paired device with fewer scopes asks for the rest; what the operator has to approve is its answer. */
async function askForMore(login: Login): Promise<string | null> {
  try {
    (await login.connect(["operator.admin"])).close();
    return null;
  } catch (error) {
    return requestOf(error);
  }
}

function requestOf(error: unknown): string | null {
  for (const each of chain(error)) {
    const id = each.details?.["requestId"];
    if (typeof id === "string") return id;
  }
  return null;
}

/** The error and what it wraps. */
function chain(error: unknown): OpenClawError[] {
  const found: OpenClawError[] = [];
  for (let at: unknown = error; at instanceof OpenClawError && found.length < 5; at = at.cause)
    found.push(at);
  return found;
}

function refused(walk: Walk, { credentials }: Login, error: unknown): Hop[] {
  const errors = chain(error);
  const code = errors[0]?.code ?? "";
  const message = messageOf(error);
  const hint = errors[0]?.hint ?? "openclaw logs --limit 20, on the gateway's machine";
  const have = Boolean(credentials.token ?? credentials.password);
  if (code === "NOT_PAIRED") {
    const requestId = requestOf(error);
    return [
      ok("auth", have ? `credentials from ${credentials.from}` : "accepted"),
      requestId === null
        ? failed("device", {
            code: "DEVICE_NEEDED",
            message:
              "the gateway wants a device identity: to it this connection does not come from its own machine",
            hint: `use the address it is known by instead of ${walk.url.host}, or a tunnel that ends on its machine: ssh -N -L 18789:127.0.0.1:18789 user@host`,
          })
        : failed("device", {
            code: "DEVICE_NOT_PAIRED",
            message: "the gateway does not know this device yet",
            hint: `on the gateway's machine: openclaw devices approve ${requestId}`,
          }),
    ];
  }
  if (code === "AUTH_FAILED") {
    const limited = errors.some(({ details }) => details?.["reason"] === "rate limited");
    if (limited) {
      const wait = errors
        .map(({ details }) => details?.["retryAfterMs"])
        .find((ms) => typeof ms === "number");
      const seconds = typeof wait === "number" ? Math.ceil(wait / 1000) : 60;
      return [
        failed("auth", {
          code: "LOCKED_OUT",
          message: `too many failed logins from this address; the gateway listens again in ${seconds} s`,
          hint: "until then find the client that sends the wrong token: openclaw logs --limit 50, on the gateway's machine",
        }),
      ];
    }
    if (!have) {
      return [
        failed("auth", {
          code: "SECRET_MISSING",
          message: "the gateway wants a token or password, and none is known here",
          hint: "export OPENCLAW_GATEWAY_TOKEN=… with what `openclaw config get gateway.auth.token` prints on the gateway's machine",
        }),
      ];
    }
    return [
      failed("auth", {
        code: "SECRET_WRONG",
        message: `the gateway refuses the credentials from ${credentials.from} (${message.replace(/^unauthorized:? */i, "")})`,
        hint: "compare with `openclaw config get gateway.auth.token` on the gateway's machine",
      }),
    ];
  }
  const trouble = { code: code || "LOGIN_FAILED", message, hint };
  return [
    failed(code.startsWith("TLS_") ? "tls" : code === "PROTOCOL_MISMATCH" ? "protocol" : "auth", trouble),
  ];
}
