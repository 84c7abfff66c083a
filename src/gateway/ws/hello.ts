import { authorize } from "../../core/authority.ts";
import { policy, type StateVersion } from "../../protocol/index.ts";
import type { Admission } from "../auth/admit.ts";
import type { PresenceEntry } from "../presence.ts";
import type { RawJson } from "../results.ts";

/** What `hello-ok` tells, gathered when a client is admitted. */
export interface HelloSource {
  version: string;
  /** Name of this machine. */
  host: string;
  /** JSON text of `features`, the same for every client. */
  features: string;
  startedAt: number;
  configPath: string;
  stateDir: string;
  presence(): PresenceEntry[];
  health(): RawJson | null;
  stateVersion(): StateVersion;
  sessionDefaults(): SessionDefaults | undefined;
  /** `http(s)://<host>:<port>` of the canvas pages; undefined when there are none. */
  canvasHostUrl(hostName: string): string | undefined;
}

export interface SessionDefaults {
  defaultAgentId: string;
  mainKey: string;
  mainSessionKey: string;
  scope?: string;
}

/**
 * The JSON text of a `hello-ok` payload (protocol.md 2). Built by hand around the parts that are text already: it is
 * the largest piece of work of a handshake. Who may not read gets no presence, no health and no paths.
 */
export function helloPayload(
  source: HelloSource,
  admission: Extract<Admission, { ok: true }>,
  context: { connId: string; hostName: string | null; now: number },
): string {
  const { principal, protocol, token } = admission;
  const reads = authorize(principal, "read").allowed;
  const server = { version: source.version, host: source.host, connId: context.connId };
  const health = reads ? (source.health()?.json ?? "{}") : "{}";
  const rest = {
    stateVersion: source.stateVersion(),
    uptimeMs: Math.max(0, context.now - source.startedAt),
    ...(reads ? { configPath: source.configPath, stateDir: source.stateDir } : {}),
    sessionDefaults: source.sessionDefaults(),
  };
  const scopes = [...principal.scopes];
  // Protocol 3 clients know `auth` with a device token only; protocol 4 clients read role and scopes from it.
  const auth =
    token !== null
      ? {
          deviceToken: token.token,
          role: principal.role,
          scopes,
          issuedAtMs: token.rotatedAtMs ?? token.createdAtMs,
        }
      : protocol >= 4
        ? { role: principal.role, scopes }
        : undefined;
  const presence = JSON.stringify(reads ? source.presence() : []);
  const canvas = context.hostName === null ? undefined : source.canvasHostUrl(context.hostName);
  return (
    `{"type":"hello-ok","protocol":${protocol},"server":${JSON.stringify(server)}` +
    `,"features":${source.features}` +
    `,"snapshot":{"presence":${presence},"health":${health},${JSON.stringify(rest).slice(1)}` +
    (canvas === undefined ? "" : `,"canvasHostUrl":${JSON.stringify(canvas)}`) +
    `${auth === undefined ? "" : `,"auth":${JSON.stringify(auth)}`},"policy":${JSON.stringify(policy)}}`
  );
}
