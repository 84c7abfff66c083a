import { constantTimeEqual } from "../../guard/index.ts";
import type { Secret } from "../../core/secret.ts";
import type { Scope } from "../../core/authority.ts";
import type { DeviceStore } from "../devices/store.ts";
import type { ServerSettings } from "../settings.ts";
import { acceptsTailscale } from "./tailscale-identity.ts";

/** What let a connection in, kept so that the connection dies with it (threats.md, invariant 3). */
export interface Credential {
  proof:
    | { kind: "secret"; mode: "token" | "password"; secret: Secret }
    | { kind: "local" }
    | { kind: "tailscale"; login: string }
    | { kind: "device-token"; token: Secret };
  /** The paired device it is bound to; null when pairing was not needed. */
  paired: { deviceId: string; role: "operator" | "node"; scopes: readonly Scope[] } | null;
}

/** Whether the credential would still let its holder in with what it was granted. */
export function stillValid(
  credential: Credential,
  context: { settings: Pick<ServerSettings, "auth" | "tailscaleMode">; devices: DeviceStore },
): boolean {
  const { proof, paired } = credential;
  const { auth } = context.settings;
  if (paired !== null && !context.devices.covers(paired)) return false;
  if (proof.kind === "local") return auth.mode === "off";
  if (proof.kind === "tailscale") return paired !== null && acceptsTailscale(context.settings);
  if (proof.kind === "secret") {
    const current = auth.mode === "off" ? null : auth[auth.mode];
    return (
      proof.mode === auth.mode &&
      current !== null &&
      constantTimeEqual(current.reveal(), proof.secret.reveal())
    );
  }
  return (
    paired !== null &&
    context.devices.checkToken({
      deviceId: paired.deviceId,
      role: paired.role,
      token: proof.token.reveal(),
      scopes: paired.scopes,
    }) !== null
  );
}
