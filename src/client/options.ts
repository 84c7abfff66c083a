import type { Clock } from "../core/clock.ts";
import type { Secret } from "../core/secret.ts";

/** The part of a WebSocket the client uses: the browser's, Node's global and `ws` all have it. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: unknown) => void): void;
}

/** A key pair that proves which device connects (protocol.md, "Device identity"). */
export interface DeviceIdentity {
  /** Lower-case hex SHA-256 of the raw public key. */
  id: string;
  /** base64url of the raw 32 bytes, without padding. */
  publicKey: string;
  /** Ed25519 signature of the UTF-8 text, base64url without padding. */
  sign(text: string): string | Promise<string>;
}

/** Tokens gateways gave this device, one per role. A token is only ever offered to the gateway that issued it. */
export interface DeviceTokenStore {
  load(query: { role: string; url: string }): string | null;
  save(entry: { role: string; token: string; scopes: string[]; url: string }): void;
  erase(query: { role: string }): void;
}

/** What a `wss:` gateway is known by, and what this client shows it (Node only). */
export interface TlsTrust {
  /** SHA-256 of the certificate it must show; no authority is asked then. */
  fingerprint?: string;
  /** PEM texts of our own certificate, for a gateway that wants one. */
  cert?: string;
  key?: string;
}

export interface ConnectOptions {
  /** `ws:`, `wss:`, `http:` or `https:` address of the gateway. */
  url: string;
  auth?: { token?: Secret | undefined; password?: Secret | undefined };
  client: {
    id: string;
    mode: string;
    version: string;
    platform: string;
    displayName?: string | undefined;
    instanceId?: string | undefined;
    deviceFamily?: string | undefined;
  };
  role?: "operator" | "node";
  scopes?: readonly string[];
  caps?: readonly string[];
  /** Commands a node offers. */
  commands?: readonly string[];
  /** The search path of a node, for people who look at it. */
  pathEnv?: string;
  /** Signs the connect; without it only a direct loopback connection with the shared secret gets scopes. */
  device?: DeviceIdentity;
  /** Where device tokens are kept: a stored one is preferred to the shared secret and erased when refused. */
  deviceTokens?: DeviceTokenStore;
  /** Milliseconds from the start to `hello-ok`, and the default of each call. Default 10,000. */
  timeoutMs?: number;
  /** Close with 4000 when no `tick` came for two intervals. Default false; for connections that stay. */
  watchTicks?: boolean;
  signal?: AbortSignal;
  clock?: Clock;
  /** Opens the socket in its own way, so it goes before `openSocket`. */
  tls?: TlsTrust;
  /** Opens the socket; by default, on Node, a small client for this machine and `ws` for others; elsewhere the global. */
  openSocket?: (url: string) => WebSocketLike;
}
