import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag } from "../../options.ts";
import { listNodes } from "./nodes.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const client = await context.connect();
  try {
    const nodes = await listNodes(client);
    if (flag(options, "json")) return out.json({ nodes });
    if (nodes.length === 0) return out.line("No nodes.");
    out.table(
      nodes.map((node) => ({
        node: String(node.nodeId).slice(0, 16),
        name: typeof node.displayName === "string" ? node.displayName : "-",
        platform: typeof node.platform === "string" ? node.platform : "-",
        state: node.connected === true ? out.style.green("connected") : "disconnected",
        since: typeof node.connectedAtMs === "number" ? ago(node.connectedAtMs, clock.now()) : "-",
        caps: Array.isArray(node.caps) ? node.caps.join(",") : "",
      })),
    );
  } finally {
    client.close();
  }
};
