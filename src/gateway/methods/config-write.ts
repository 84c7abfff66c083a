import { codeOf, OpenClawError } from "../../core/errors.ts";
import type { ChangeNote, ConfigSnapshot, ConfigStore } from "../../config/contract.ts";
import type { CallContext } from "../contract.ts";
import { redactConfig } from "./config-redaction.ts";
import { invalidRequest } from "./settings.ts";

/** How a client's change is written down, with the base hash the store wants from the one the client was given. */
export async function noteFor(
  config: ConfigStore,
  change: { baseHash?: string | undefined; reason: string },
  context: CallContext,
): Promise<{ note: ChangeNote; current: ConfigSnapshot }> {
  const { baseHash, reason } = change;
  const current = config.read();
  const { client } = context.connection;
  const note = { author: `rpc:${client.displayName ?? client.id}`, reason };
  if (!current.exists) return { note, current };
  if (!baseHash) throw invalidRequest("config base hash required; re-run config.get and retry");
  if (baseHash !== current.hash && baseHash !== (await redactConfig(current)).hash) {
    throw invalidRequest("config changed since last load; re-run config.get and retry");
  }
  return { note: { ...note, baseHash: current.hash }, current };
}

/** Runs a write of the store; its refusals become the answers clients know. */
export function written(write: () => ConfigSnapshot): ConfigSnapshot {
  try {
    return write();
  } catch (error) {
    if (codeOf(error) === "CONFIG_CONFLICT") {
      throw invalidRequest("config changed since last load; re-run config.get and retry");
    }
    if (error instanceof OpenClawError && error.code.startsWith("CONFIG_")) {
      const issues = Array.isArray(error.details?.["issues"])
        ? error.details["issues"]
        : [{ path: "", message: error.message }];
      throw invalidRequest("invalid config", error.hint, { issues });
    }
    throw error;
  }
}
