import type { Secret } from "../core/secret.ts";

export type BindMode = "loopback" | "lan" | "tailnet" | "custom" | "auto";

/** PEM texts of the server's own certificate, and how it uses them. */
export interface TlsSettings {
  cert: string;
  key: string;
  /** Clients must show a certificate signed by one of these (mutual TLS). */
  ca?: string | undefined;
  /** Default TLS 1.3 (protocol.md 1). */
  minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
}

/** What the server needs of the configuration. Read afresh for each decision, so a reload takes effect at once. */
export interface ServerSettings {
  bind: BindMode;
  /** Address for `bind: "custom"`. */
  customBindHost?: string | undefined;
  /** Address for `bind: "tailnet"`, from `tailscale status`; undefined when Tailscale does not run. */
  tailscaleIp?: string | undefined;
  /** `serve` and `funnel` need a backend on loopback beside any other bind (CONF-23). */
  tailscaleMode?: "off" | "serve" | "funnel" | undefined;
  /** 0 picks a free port. */
  port: number;
  auth: {
    /** `off`: direct loopback requests need no secret; any other is refused (CONF-20, CONF-21). */
    mode: "token" | "password" | "off";
    token: Secret | null;
    password: Secret | null;
    /** Whether confirmed Tailscale identities replace the secret; default as `acceptsTailscale` says. */
    allowTailscale?: boolean | undefined;
  };
  /** PEM texts; null for plain HTTP. */
  tls: TlsSettings | null;
  /** Addresses and CIDR ranges whose forwarded headers count. */
  trustedProxies: readonly string[];
  /** Browser origins besides the gateway's own, e.g. `https://panel.example`. */
  allowedOrigins: readonly string[];
  /** Host names besides loopback and IP literals that requests may be addressed to. */
  allowedHosts: readonly string[];
  controlUi: {
    /** The page is not of this build: inline styles are let through. Scripts never are. */
    foreign?: boolean;
    enabled: boolean;
    /** "" or `/path` without a trailing slash. */
    basePath: string;
    allowInsecureAuth: boolean;
    dangerouslyDisableDeviceAuth: boolean;
  };
  nodes: { allowCommands: readonly string[]; denyCommands: readonly string[] };
  /** Folder of the canvas pages; null or absent serves none. */
  canvasRoot?: string | null | undefined;
  limits?: Partial<ServerLimits> | undefined;
}

/** Numbers of docs/protocol.md, "Limits". */
export interface ServerLimits {
  /** Failed attempts of one address and credential class within `authWindowMs` before it is locked out. */
  authAttempts: number;
  authWindowMs: number;
  authLockMs: number;
  /** Sockets between open and `hello-ok`. */
  pendingSockets: number;
  pendingSocketsPerAddress: number;
  /** Sockets after `hello-ok`. */
  connections: number;
  /** Requests of one connection being answered at a time. */
  requestsInFlight: number;
  handshakeTimeoutMs: number;
  /** Bytes of answers waiting in one socket before it is closed. */
  maxResponseBacklog: number;
}

export const defaultLimits: ServerLimits = {
  authAttempts: 10,
  authWindowMs: 60_000,
  authLockMs: 60_000,
  pendingSockets: 1024,
  pendingSocketsPerAddress: 256,
  connections: 4096,
  requestsInFlight: 256,
  handshakeTimeoutMs: 10_000,
  maxResponseBacklog: 33_554_432,
};

export function limitsOf(settings: ServerSettings): ServerLimits {
  return { ...defaultLimits, ...settings.limits };
}
