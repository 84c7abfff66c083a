import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { DeliveryRow } from "../../ledger/contract.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";

const key = z.string().min(1);
const states = ["pending", "sending", "sent", "dead", "unknown"] as const;

/** `outbox.*`: what is to be sent, what could not be, and what the operator decides about it. */
export function createOutboxMethods(services: GatewayServices): Method[] {
  const { ledger, channels } = services;

  async function decide(of: string, decision: "retry" | "drop") {
    const row = await channels.decide(of, decision);
    if (row) return { delivery: shown(row) };
    const known = ledger.deliveries({ key: of, limit: 1 })[0];
    if (!known)
      throw new UserError("DELIVERY_UNKNOWN", `there is no delivery ${JSON.stringify(of)}`, {
        hint: "openclaw outbox list",
      });
    throw new UserError("DELIVERY_SETTLED", `delivery ${of} is ${known.state}: nothing to ${decision}`, {
      hint: `openclaw outbox show ${of}`,
    });
  }

  return [
    method({
      name: "outbox.list",
      authority: "read",
      params: () =>
        z.strictObject({
          state: z.enum(states).optional(),
          key: key.optional(),
          limit: z.int().min(1).max(1000).optional(),
        }),
      handler({ state, key: of, limit = 100 }) {
        const wanted: Array<DeliveryRow["state"] | undefined> =
          state !== undefined || of !== undefined ? [state] : ["pending", "sending", "unknown", "dead"];
        const rows = wanted.flatMap((each) =>
          ledger.deliveries({
            limit,
            ...(each === undefined ? {} : { state: each }),
            ...(of === undefined ? {} : { key: of }),
          }),
        );
        return {
          deliveries: rows
            .toSorted((a, b) => a.id - b.id)
            .slice(-limit)
            .map(shown),
        };
      },
    }),
    method({
      name: "outbox.retry",
      authority: "write",
      params: () => z.strictObject({ key }),
      handler: (params) => decide(params.key, "retry"),
    }),
    method({
      name: "outbox.drop",
      authority: "write",
      params: () => z.strictObject({ key }),
      handler: (params) => decide(params.key, "drop"),
    }),
  ];
}

/** Files that travel in the request itself are named, not sent back. */
function shown(row: DeliveryRow): DeliveryRow {
  if (!row.mediaUrls) return row;
  return { ...row, mediaUrls: row.mediaUrls.map((url) => (url.startsWith("data:") ? "data:…" : url)) };
}
