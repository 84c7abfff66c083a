import type { KnownSettings } from "../config/contract.ts";
import { isObject } from "../core/json.ts";
import { Secret } from "../core/secret.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Where the gateway of this state directory said it listens (its lock and status files). */
export interface RunningGateway {
  pid: number;
  /** Address it really listens on; `0.0.0.0` and `::` are reached through loopback. */
  host: string;
  port: number;
  version: string | null;
  startedAt: number | null;
}

export interface Target {
  url: string;
  /** What decided it. */
  from: "--url" | "OPENCLAW_GATEWAY_URL" | "gateway.remote.url" | "running gateway" | "configuration";
  /** Whether this machine's own gateway is meant: only then its own credentials are sent. */
  local: boolean;
}

export interface Credentials {
  token: Secret | null;
  password: Secret | null;
  /** Where they were found, for error texts. */
  from: string;
}

/**
 * Which gateway a command talks to: `--url`, OPENCLAW_GATEWAY_URL, `gateway.remote.url` in remote mode, the address the
 * running gateway of this state directory listens on (HID-003), then configured bind and port (ENV-026, ENV-027).
 */
export function resolveTarget(options: {
  url?: string | undefined;
  env: Env;
  config: KnownSettings;
  running: RunningGateway | null;
}): Target {
  const { config, env, running } = options;
  if (options.url) return { url: options.url, from: "--url", local: isLoopbackUrl(options.url) };
  const fromEnv = env.OPENCLAW_GATEWAY_URL?.trim();
  if (fromEnv) return { url: fromEnv, from: "OPENCLAW_GATEWAY_URL", local: isLoopbackUrl(fromEnv) };
  const remote = setting(config, "gateway.remote.url");
  if (setting(config, "gateway.mode") === "remote" && typeof remote === "string" && remote)
    return { url: remote, from: "gateway.remote.url", local: isLoopbackUrl(remote) };
  const tls = setting(config, "gateway.tls.enabled") === true;
  if (running)
    return {
      url: gatewayUrl({ host: running.host, port: running.port, tls }),
      from: "running gateway",
      local: true,
    };
  const port = setting(config, "gateway.port");
  const custom = setting(config, "gateway.customBindHost");
  const host =
    setting(config, "gateway.bind") === "custom" && typeof custom === "string" ? custom : "127.0.0.1";
  return {
    url: gatewayUrl({ host, port: typeof port === "number" ? port : 18789, tls }),
    from: "configuration",
    local: true,
  };
}

/** Whether it is the gateway of this state directory, so that its log and last words lie here. */
export function isOwnGateway(target: Target): boolean {
  return target.from === "running gateway" || target.from === "configuration";
}

/**
 * What to authenticate with (ENV-025): given options, then the environment, then `gateway.auth` for the local gateway
 * and `gateway.remote` for the configured remote one. A secret from the config file is never sent to another address.
 */
export function resolveCredentials(options: {
  target: Target;
  token?: string | undefined;
  password?: string | undefined;
  env: Env;
  config: KnownSettings;
}): Credentials {
  const { target, env, config } = options;
  const found = (token: unknown, password: unknown, from: string): Credentials | null => {
    const t = secretOf(token);
    const p = secretOf(password);
    return t || p ? { token: t, password: p, from } : null;
  };
  const remoteUrl = setting(config, "gateway.remote.url");
  return (
    found(options.token, options.password, "the command line") ??
    found(
      env.OPENCLAW_GATEWAY_TOKEN,
      env.OPENCLAW_GATEWAY_PASSWORD,
      env.OPENCLAW_GATEWAY_TOKEN ? "OPENCLAW_GATEWAY_TOKEN" : "OPENCLAW_GATEWAY_PASSWORD",
    ) ??
    (typeof remoteUrl === "string" && sameGateway(remoteUrl, target.url)
      ? found(
          setting(config, "gateway.remote.token"),
          setting(config, "gateway.remote.password"),
          "gateway.remote in the configuration",
        )
      : null) ??
    (target.local
      ? found(
          setting(config, "gateway.auth.token"),
          setting(config, "gateway.auth.password"),
          "gateway.auth in the configuration",
        )
      : null) ?? { token: null, password: null, from: "nowhere" }
  );
}

/** `token (configured)`, `password (not configured)`, `off`: the same words in every output (OUT-006). */
export function describeAuth(config: KnownSettings, env: Env): string {
  const password =
    secretOf(env.OPENCLAW_GATEWAY_PASSWORD) ?? secretOf(setting(config, "gateway.auth.password"));
  const token = secretOf(env.OPENCLAW_GATEWAY_TOKEN) ?? secretOf(setting(config, "gateway.auth.token"));
  const set = setting(config, "gateway.auth.mode");
  const mode = typeof set === "string" ? set : password && !token ? "password" : "token";
  if (mode === "off" || mode === "none") return "off";
  return `${mode} (${(mode === "password" ? password : token) ? "configured" : "not configured"})`;
}

/** Every secret of the gateway that can be known here, for hiding it. */
export function knownSecrets(env: Env, config: KnownSettings): Secret[] {
  const places = [
    "gateway.auth.token",
    "gateway.auth.password",
    "gateway.remote.token",
    "gateway.remote.password",
  ];
  const values = [
    env.OPENCLAW_GATEWAY_TOKEN,
    env.OPENCLAW_GATEWAY_PASSWORD,
    ...places.map((path) => setting(config, path)),
  ];
  return values.flatMap((value) => secretOf(value) ?? []);
}

/** The value at a dotted path of a configuration, whatever the schema made of it. */
export function setting(config: unknown, path: string): unknown {
  let value = config;
  for (const key of path.split(".")) {
    if (!isObject(value)) return undefined;
    value = value[key];
  }
  return value;
}

export function gatewayUrl(address: { host: string; port: number; tls: boolean }): string {
  const reached = { "0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1" }[address.host] ?? address.host;
  const host = reached.includes(":") ? `[${reached}]` : reached;
  return `${address.tls ? "wss" : "ws"}://${host}:${address.port}`;
}

export function isLoopbackUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname } = new URL(text);
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** Whether two addresses are the same gateway: then what is kept for one may be used for the other. */
export function sameGateway(a: string, b: string): boolean {
  if (!URL.canParse(a) || !URL.canParse(b)) return false;
  const [x, y] = [new URL(a), new URL(b)];
  return x.protocol === y.protocol && x.host === y.host;
}

function secretOf(value: unknown): Secret | null {
  if (value instanceof Secret) {
    const revealed: unknown = value.reveal();
    return typeof revealed === "string" && revealed ? (value as Secret) : null;
  }
  return typeof value === "string" && value ? new Secret(value) : null;
}
