import { z } from "zod";
import { describeProblems } from "./param-problems.ts";

const word = z.string().min(1).max(256);
const words = z.array(z.string().max(256)).max(256);

const clientIds = [
  "cli",
  "gateway-client",
  "openclaw-control-ui",
  "webchat-ui",
  "webchat",
  "openclaw-macos",
  "openclaw-ios",
  "openclaw-android",
  "node-host",
  "openclaw-probe",
  "fingerprint",
  "test",
] as const;
const clientModes = ["cli", "ui", "webchat", "backend", "node", "probe", "test"] as const;

const client = (known: boolean) =>
  z.object({
    // Clients of protocol 4 may be newer than this list; what an id says is never believed anyway.
    id: known ? z.enum(clientIds) : word,
    mode: known ? z.enum(clientModes) : word,
    version: word,
    platform: word,
    displayName: word.optional(),
    deviceFamily: word.optional(),
    modelIdentifier: word.optional(),
    instanceId: word.optional(),
  });

const params = (known: boolean) =>
  z.object({
    minProtocol: z.int().min(1).optional(),
    maxProtocol: z.int().min(1).optional(),
    client: client(known).optional(),
    /** The documents' form (RPC-006, CONF-39). */
    clientName: word.optional(),
    clientVersion: word.optional(),
    role: z.string().max(64).optional(),
    scopes: words.optional(),
    caps: words.optional(),
    commands: words.optional(),
    permissions: z.record(z.string(), z.boolean()).optional(),
    pathEnv: z.string().max(32_768).optional(),
    locale: z.string().max(64).optional(),
    userAgent: z.string().max(1024).optional(),
    auth: z
      .object({
        token: z.string().max(4096).nullish(),
        password: z.string().max(4096).nullish(),
        // Newer apps name what a setup code holds so.
        bootstrapToken: z.string().max(4096).nullish(),
      })
      .nullish(),
    device: z
      .object({
        id: word,
        publicKey: z.string().min(1).max(4096),
        signature: word,
        signedAt: z.int(),
        nonce: z.string().min(1).max(256).nullish(),
      })
      .nullish(),
  });

/** `connect` as the rest of the handshake sees it: one shape for both forms, defaults in place. */
export interface ConnectParams {
  minProtocol: number;
  maxProtocol: number;
  client: {
    id: string;
    mode: string;
    version: string;
    platform: string;
    displayName?: string;
    deviceFamily?: string;
    modelIdentifier?: string;
    instanceId?: string;
  };
  role: string;
  /** As sent; part of what a device signs. */
  scopes: string[];
  caps: string[];
  commands: string[];
  permissions: Record<string, boolean> | undefined;
  pathEnv: string | undefined;
  auth: { token: string | undefined; password: string | undefined };
  device:
    | { id: string; publicKey: string; signature: string; signedAt: number; nonce: string | undefined }
    | undefined;
}

export type ParsedConnect = { ok: true; params: ConnectParams } | { ok: false; problems: string };

/**
 * Reads `connect` parameters. Unknown members are ignored and everything but the credential may be absent
 * (CONF-39); what is there must have its type. A `client` object of protocol 3 is checked against the known ids.
 */
export function createConnectParser(): (value: unknown) => ParsedConnect {
  const strict = params(true);
  const open = params(false);
  return (value) => {
    const newest = (value as { maxProtocol?: unknown } | null | undefined)?.maxProtocol;
    const schema = typeof newest === "number" && newest >= 4 ? open : strict;
    const result = schema.safeParse(value ?? {});
    if (!result.success) return { ok: false, problems: describeProblems(result.error, value) };
    const { data } = result;
    const name = data.clientName;
    const min = data.minProtocol ?? Math.min(3, data.maxProtocol ?? 3);
    return {
      ok: true,
      params: {
        minProtocol: min,
        maxProtocol: data.maxProtocol ?? Math.max(min, 3),
        client: data.client ?? {
          id: (clientIds as readonly string[]).includes(name ?? "") ? (name ?? "") : "gateway-client",
          mode: name === "cli" ? "cli" : "backend",
          version: data.clientVersion ?? "unknown",
          platform: "unknown",
          ...(name === undefined ? {} : { displayName: name }),
        },
        role: data.role ?? "operator",
        scopes: data.scopes ?? [],
        caps: data.caps ?? [],
        commands: data.commands ?? [],
        permissions: data.permissions,
        pathEnv: data.pathEnv,
        auth: {
          token: data.auth?.token ?? data.auth?.bootstrapToken ?? undefined,
          password: data.auth?.password ?? undefined,
        },
        device: data.device ? { ...data.device, nonce: data.device.nonce ?? undefined } : undefined,
      },
    };
  };
}
