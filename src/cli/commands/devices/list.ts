import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag } from "../../options.ts";
import { deviceLists } from "./devices.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const client = await context.connect();
  try {
    const { pending, paired } = await deviceLists(client, context);
    if (flag(options, "json")) return out.json({ pending, paired });
    if (pending.length > 0) {
      out.line(out.style.bold("Waiting for approval"));
      out.table(
        pending.map((row) => ({
          request: String(row.requestId),
          name: text(row.displayName ?? row.clientId),
          platform: text(row.platform),
          from: text(row.remoteIp),
          role: text(row.role),
          asked: ago(typeof row.ts === "number" ? row.ts : null, clock.now()),
        })),
      );
      out.line("Let one in with `openclaw devices approve <request>`.");
      out.line();
    }
    if (paired.length === 0) return out.line("No paired devices.");
    out.line(out.style.bold("Paired"));
    out.table(
      paired.map((row) => ({
        device: String(row.deviceId).slice(0, 16),
        name: text(row.displayName ?? row.clientId),
        platform: text(row.platform),
        roles: list(row.roles ?? row.role),
        scopes: list(row.scopes),
        tokens: tokens(row.tokens),
      })),
    );
  } finally {
    client.close();
  }
};

function text(value: unknown): string {
  return typeof value === "string" && value ? value : "-";
}

function list(value: unknown): string {
  return Array.isArray(value)
    ? value.map((v) => String(v).replace(/^operator\./, "")).join(",") || "-"
    : text(value);
}

function tokens(value: unknown): string {
  const rows = Array.isArray(value) ? value.filter(isObject) : [];
  return rows.map((t) => `${String(t.role)}${t.revokedAtMs ? " (revoked)" : ""}`).join(", ") || "none";
}
