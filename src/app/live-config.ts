import { messageOf } from "../core/errors.ts";
import type { ConfigSnapshot, ConfigStore, OpenClawConfig } from "../config/index.ts";

/** The configuration in force, for code that asks many times a second. Only a reload changes it. */
export interface LiveConfig {
  /** What the file says as far as it is known, with the configuration in force. */
  current: () => ConfigSnapshot;
  config: () => OpenClawConfig;
  /** Reads the file and takes it as it is: while the gateway starts. */
  refresh(): void;
  accept(snapshot: ConfigSnapshot): void;
}

/**
 * Starts with what the file says. `pinned` takes the place of its configuration for the whole life: safe mode on the
 * last version that worked.
 * @throws UserError when the file cannot be read.
 */
export function createLiveConfig(store: ConfigStore, pinned: OpenClawConfig | null = null): LiveConfig {
  const read = () => {
    const read = store.read();
    return pinned ? { ...read, config: pinned } : read;
  };
  let snapshot = read();
  return {
    current: () => snapshot,
    config: () => snapshot.config,
    refresh: () => (snapshot = read()),
    accept: (next) => (snapshot = next),
  };
}

/** The file as it is now, or why it cannot be read. A file that is gone is a reason too, once there was one (HID-015). */
export function lookAt(store: ConfigStore, before: ConfigSnapshot): ConfigSnapshot | string {
  try {
    const next = store.read();
    return before.exists && !next.exists ? `${next.path} is gone` : next;
  } catch (error) {
    return messageOf(error);
  }
}
