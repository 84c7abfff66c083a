/** The fields a device signs in `connect` (protocol.md, "Device identity"). */
export interface DeviceProofFields {
  deviceId: string;
  clientId: string;
  clientMode: string;
  role: string;
  /** Exactly the list sent, in that order. */
  scopes: readonly string[];
  /** Epoch milliseconds. */
  signedAt: number;
  /** The `auth.token` sent, or "". Never the password. */
  token: string;
  /** The nonce of `connect.challenge`; without one the text is version 1. */
  nonce?: string;
}

/** The exact text to sign with Ed25519, version 2 with a nonce and version 1 without. */
export function deviceProofText(fields: DeviceProofFields): string {
  const common = [
    fields.deviceId,
    fields.clientId,
    fields.clientMode,
    fields.role,
    fields.scopes.join(","),
    String(fields.signedAt),
    fields.token,
  ];
  return fields.nonce === undefined ? ["v1", ...common].join("|") : ["v2", ...common, fields.nonce].join("|");
}
