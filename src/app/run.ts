import type { Logger } from "../core/logger.ts";
import type { ConfigStore } from "../config/index.ts";
import type { LastEnd, SafeMode } from "../gateway/contract.ts";
import type { Doors } from "../gateway/index.ts";
import type { LogPlace } from "../observability/index.ts";
import { createServiceNotifier } from "../service/notify.ts";
import type { GatewayLock } from "../state/index.ts";
import type { GatewayRunOptions } from "./contract.ts";
import type { Endings } from "./endings.ts";
import type { LiveConfig } from "./live-config.ts";
import { openStarts } from "./starts.ts";
import type { Trials } from "./trials.ts";

/** One life of the gateway: what it was started with, and what outlives it. */
export interface Run {
  options: GatewayRunOptions;
  env: Readonly<Record<string, string | undefined>>;
  store: ConfigStore;
  live: LiveConfig;
  lock: GatewayLock;
  logger: Logger;
  logPlace: LogPlace;
  endings: Endings;
  /** The listening sockets: open from the first life to the last. */
  doors: Doors;
  notifier: ReturnType<typeof createServiceNotifier>;
  version: string;
  startedAt: number;
  trials: Trials;
  starts: ReturnType<typeof openStarts>;
  safe: SafeMode | null;
  /** How the life before this one ended. */
  before: Pick<LastEnd, "kind" | "at">;
  /** The same for the runs it left unfinished; null when nobody asked it to. */
  interruption: string | null;
  /** There was no configuration when this process started. */
  newcomer: boolean;
  /** Hash of the revision that stands in for the file's; null when the file is taken as it is. */
  pinned: string | null;
}

/** What one process knows over all its lives. */
export type Process = Pick<
  Run,
  | "options"
  | "lock"
  | "endings"
  | "doors"
  | "notifier"
  | "trials"
  | "starts"
  | "safe"
  | "before"
  | "interruption"
  | "newcomer"
>;
