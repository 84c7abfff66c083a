import { UserError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { GatewayClient } from "../../../client/contract.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { connectWith } from "../../remote-options.ts";

/** Milliseconds one question waits; it is asked again as long as the run may take. */
const waitMs = 30_000;

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const agentId = text(options, "agent");
  const client = await connectWith(context, options);
  try {
    const begun = await client.call("heartbeat.run", agentId === undefined ? {} : { agentId });
    const runId = isObject(begun) && typeof begun["runId"] === "string" ? begun["runId"] : null;
    if (runId === null) {
      if (flag(options, "json")) return out.json(begun);
      return out.line("It is looking around already: openclaw system heartbeat status");
    }
    const event = await endOf(context, client, runId);
    if (flag(options, "json")) return out.json(event);
    const { status, preview, detail, channel, to } = event;
    if (status === "failed" || status === "skipped")
      throw new UserError("HEARTBEAT_FAILED", typeof detail === "string" ? detail : status, {
        hint: `openclaw why ${runId}`,
      });
    if (status !== "sent") return out.line("Nothing to report.");
    out.line(String(preview));
    const where = typeof channel === "string" ? `sent to ${channel}:${String(to)}` : String(detail);
    out.line(out.style.dim(where));
  } finally {
    client.close();
  }
};

/** What came of it: written down right after its run has ended. */
async function endOf(
  { clock, signal }: CommandContext,
  client: GatewayClient,
  runId: string,
): Promise<Record<string, unknown>> {
  const call = { timeoutMs: waitMs + 10_000, signal };
  for (;;) {
    const waited = await client.call("agent.wait", { runId, timeoutMs: waitMs }, call);
    if (isObject(waited) && waited["status"] === "timeout") continue;
    const answer = await client.call("system.heartbeat", {}, call);
    const history = isObject(answer) && Array.isArray(answer["history"]) ? answer["history"] : [];
    const found = history.filter(isObject).find((event) => event["runId"] === runId);
    if (found) return found;
    await new Promise<void>((resolve) => void clock.after(50, resolve));
  }
}
