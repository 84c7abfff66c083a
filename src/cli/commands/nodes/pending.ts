import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag } from "../../options.ts";
import { nodeRequests } from "./requests.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const client = await context.connect();
  try {
    const pending = await nodeRequests(client);
    if (flag(options, "json"))
      return out.json({ pending: pending.map(({ method: _method, ...row }) => row) });
    if (pending.length === 0) return out.line("No node asks to be let in.");
    out.table(
      pending.map(({ requestId, name, nodeId, platform, remoteIp, ts }) => ({
        request: requestId,
        name,
        node: nodeId.slice(0, 16),
        platform,
        from: remoteIp,
        asked: ago(ts, clock.now()),
      })),
    );
    out.line("Let one in with `openclaw nodes approve <request>`.");
  } finally {
    client.close();
  }
};
