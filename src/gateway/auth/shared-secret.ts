import { constantTimeEqual } from "../../guard/index.ts";
import type { Secret } from "../../core/secret.ts";
import type { ServerSettings } from "../settings.ts";

export interface Presented {
  token?: string | undefined;
  password?: string | undefined;
}

export type SecretDecision =
  | { valid: true; /** null when auth is off. */ secret: Secret | null }
  | {
      valid: false;
      /** Short text for `details.reason` (NET-012, CONF-37). */
      reason: "invalid token" | "invalid password" | "auth required" | "auth not configured";
      message: string;
    };

/**
 * Checks the shared token or password (NET-010..012, protocol.md "Shared auth"). `direct` tells whether the request
 * came straight from this machine: only then may `mode: off` let it in.
 */
export function checkSharedSecret(
  presented: Presented,
  settings: Pick<ServerSettings, "auth">,
  direct: boolean,
): SecretDecision {
  const { mode, token, password } = settings.auth;
  if (mode === "off") {
    return direct
      ? { valid: true, secret: null }
      : refusal(
          "auth required",
          "Invalid authentication token: unauthorized (auth is off for local clients only)",
        );
  }
  const [name, expected, given] =
    mode === "token"
      ? (["token", token, presented.token] as const)
      : (["password", password, presented.password] as const);
  const title = `Invalid authentication ${name}: unauthorized`;
  if (expected === null || expected.reveal() === "") {
    return refusal("auth not configured", `${title} (gateway ${name} not configured on the gateway)`);
  }
  if (given === undefined || given === "") {
    return refusal(
      "auth required",
      `${title} (gateway ${name} missing: give the gateway ${name} in connect.params.auth.${name})`,
    );
  }
  if (!constantTimeEqual(given, expected.reveal())) {
    return refusal(
      mode === "token" ? "invalid token" : "invalid password",
      `${title} (gateway ${name} mismatch)`,
    );
  }
  return { valid: true, secret: expected };
}

function refusal(
  reason: "invalid token" | "invalid password" | "auth required" | "auth not configured",
  message: string,
): SecretDecision {
  return { valid: false, reason, message };
}
