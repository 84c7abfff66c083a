import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag } from "../../options.ts";
import { withSandboxes } from "./desk.ts";

export const run: CommandBody = (context, _args, options) =>
  withSandboxes(context, async (desk) => {
    const { out, clock } = context;
    const sandboxes = await desk.list();
    if (flag(options, "json")) return out.json({ sandboxes });
    if (sandboxes.length === 0) {
      out.line("No sandbox has been used yet. Whether a session would get one: openclaw sandbox explain");
      return;
    }
    out.table(
      sandboxes.map((row) => ({
        sandbox: row.id,
        of: row.sessionKey ?? (row.scope === "shared" ? "all agents" : `agent ${row.agentId}`),
        container: row.container ?? "-",
        files: String(row.files),
        used: ago(row.lastUsedAt, clock.now()),
      })),
    );
  });
