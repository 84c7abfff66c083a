import type { GatewayClient } from "../../../client/contract.ts";
import { UserError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandContext } from "../../contract.ts";

export interface DeviceLists {
  pending: Array<Record<string, unknown>>;
  paired: Array<Record<string, unknown>>;
}

/** Both lists of `device.pair.list`. */
export async function deviceLists(client: GatewayClient, context: CommandContext): Promise<DeviceLists> {
  const answer = await client.call("device.pair.list", {}, { signal: context.signal });
  const rows = (value: unknown) => (Array.isArray(value) ? value.filter(isObject) : []);
  return isObject(answer)
    ? { pending: rows(answer.pending), paired: rows(answer.paired) }
    : { pending: [], paired: [] };
}

/** Calls `method` for the one row whose `key` begins with `prefix`. @throws UserError DEVICE_UNKNOWN */
export async function onDevice(
  context: CommandContext,
  what: {
    prefix: string;
    key: "requestId" | "deviceId";
    method: string;
    params?: Record<string, unknown>;
  },
): Promise<Record<string, unknown>> {
  const client = await context.connect();
  try {
    const lists = await deviceLists(client, context);
    const rows = what.key === "requestId" ? lists.pending : lists.paired;
    const ids = rows.map((row) => String(row[what.key]));
    const hits = ids.filter((id) => id.startsWith(what.prefix));
    const id = ids.find((known) => known === what.prefix) ?? (hits.length === 1 ? hits[0] : undefined);
    if (id === undefined) {
      const noun = what.key === "requestId" ? "pairing request" : "paired device";
      throw new UserError(
        "DEVICE_UNKNOWN",
        hits.length > 1
          ? `${JSON.stringify(what.prefix)} is the beginning of ${hits.length} ids`
          : `there is no ${noun} ${JSON.stringify(what.prefix)}`,
        { hint: "openclaw devices list" },
      );
    }
    const answer = await client.call(what.method, { [what.key]: id, ...what.params });
    return { [what.key]: id, ...(isObject(answer) ? answer : {}) };
  } finally {
    client.close();
  }
}
