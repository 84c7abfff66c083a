import type { AppFacade } from "../app/contract.ts";
import type { GatewayClient } from "../client/contract.ts";
import type { TlsTrust } from "../client/options.ts";
import type { ConfigStore, Settings } from "../config/contract.ts";
import type { Secret } from "../core/secret.ts";
import type { Paths } from "../state/paths.ts";
import type { RunningGateway } from "./target.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** The parts of the program a command line needs, each loaded when it is first asked for. */
export interface Platform {
  resolvePaths(options: { profile?: string; dev: boolean; env: Env }): Promise<Paths>;
  /** The environment with what `<state>/.env` adds; process variables win (ENV-024). */
  loadEnv(paths: Paths, env: Env): Promise<Env>;
  openConfig(paths: Paths, env: Env): Promise<ConfigStore>;
  /** What it takes to reach the gateway, without loading the schema where that is possible; null where it is not. */
  quickSettings(paths: Paths, env: Env): Promise<Settings | null>;
  /** The gateway that holds the lock of this state directory, if one lives. */
  runningGateway(paths: Paths): Promise<RunningGateway | null>;
  connect(options: ConnectRequest): Promise<GatewayClient>;
  app(): Promise<AppFacade>;
}

export interface ConnectRequest {
  url: string;
  token: Secret | null;
  password: Secret | null;
  client: { id: "cli"; mode: "cli" | "probe"; version: string };
  scopes: string[];
  caps: string[];
  timeoutMs: number;
  /** The certificate the gateway must show; null leaves it to the authorities of the system. */
  tls: TlsTrust | null;
  /** Whether this machine's own gateway is meant. */
  local: boolean;
  paths: Paths;
}
