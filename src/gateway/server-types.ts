import type { SystemEvents } from "../automation/system-events.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { StateVersion } from "../protocol/index.ts";
import type { ApprovalService } from "../sandbox/contract.ts";
import type { Broadcaster, Method } from "./contract.ts";
import type { DeviceStore } from "./devices/store.ts";
import type { Doors } from "./doors.ts";
import type { Route } from "./http/route.ts";
import type { StaticManifest } from "./http/static.ts";
import type { NodePairStore } from "./nodes/pair-store.ts";
import type { NodeRegistry } from "./nodes/registry.ts";
import type { Presence } from "./presence.ts";
import type { RawJson } from "./results.ts";
import type { ServerSettings } from "./settings.ts";
import type { SessionDefaults } from "./ws/hello.ts";

/** Health snapshots as `createHealth` makes them. */
export interface HealthSource {
  json(): RawJson;
  /** Codes of what keeps the gateway from taking work; `/readyz` answers 503 with them. */
  blocking?(): readonly string[];
}

/** What the server lends to the methods and routes built for it. */
export interface ServerHandle {
  broadcaster: Broadcaster;
  presence: Presence;
  devices: DeviceStore;
  nodes: NodeRegistry;
  nodePairing: NodePairStore;
  stateVersion(): StateVersion;
  address(): ServerAddress;
  /** Sends a `health` event soon; calls in quick succession become one. */
  announceHealth(): void;
}

export interface ServerAddress {
  host: string;
  port: number;
  bind: string;
  tls: boolean;
}

/** What the composition root adds to the server's own methods and routes. */
export interface ServerParts {
  methods: readonly Method[];
  routes: readonly Route[];
  health?: HealthSource;
  /** Where people are asked about what a node may do; without it such commands are refused. */
  approvals?: ApprovalService;
  /** Told of every request of the control plane that named a method there is. */
  onCall?: (method: string) => void;
}

export interface GatewayServerOptions {
  version: string;
  startedAt: number;
  paths: { configPath: string; stateDir: string; devicesDir: string; nodesDir: string };
  settings: () => ServerSettings;
  /** Called once, while the server is made. */
  parts: (server: ServerHandle) => ServerParts;
  /** Where what is reported to the main session goes. */
  systemEvents: Pick<SystemEvents, "push">;
  sessionDefaults?: () => SessionDefaults | undefined;
  ui?: StaticManifest;
  /** Login name of the person at a tailnet address (`tailscale whois`); without it Tailscale identities never count. */
  whois?: (ip: string) => Promise<string | null>;
  /** Listening sockets that outlive this server (a restart in the process); its own when absent. */
  doors?: Doors;
  clock: Clock;
  logger: Logger;
}

export interface StopOptions {
  /** `gateway stopping` or `gateway restarting`. */
  reason: string;
  /** Null when it does not come back by itself (protocol.md 4, `shutdown`). */
  restartExpectedMs: number | null;
  /** Milliseconds until connections that are still busy are cut. Default 2,000. */
  budgetMs?: number;
  /** The doors stay open: what arrives from now on waits for the next server. Default false. */
  hold?: boolean;
}

export interface GatewayServer extends ServerHandle {
  /** Resolves once every address of the bind listens. @throws UserError PORT_IN_USE, BIND_INVALID, BIND_WITHOUT_AUTH, TLS_INVALID. */
  listen(): Promise<{ host: string; port: number }>;
  /** Closes connections whose credential no longer holds; call it after a secret changed. Returns how many. */
  recheckCredentials(): number;
  /**
   * Ahead of a restart: what arrives waits for the next server, or goes on here after `ms` (milliseconds) when this one
   * is not closed until then. Resolves when the requests that were being answered are, or have had a moment.
   */
  hold(ms: number): Promise<void>;
  /** Says goodbye (`shutdown`), closes sockets with 1012, then HTTP. Resolves when nothing of it is open any more. */
  close(options: StopOptions): Promise<void>;
}
