import { UsageError } from "../../../core/errors.ts";
import { confirm } from "../../confirm.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { withSandboxes } from "./desk.ts";

export const run: CommandBody = (context, _args, options) =>
  withSandboxes(context, async (desk) => {
    const { out } = context;
    const session = text(options, "session");
    const agent = text(options, "agent");
    if (flag(options, "all") && (session !== undefined || agent !== undefined))
      throw new UsageError("--all and --session or --agent exclude each other");
    const rows = await desk.list();
    const id = session === undefined ? null : desk.idOf(session, agent);
    if (session === undefined && agent !== undefined) desk.idOf(undefined, agent); // refuses unknown agents
    const chosen = rows.filter((row) =>
      id === null ? agent === undefined || row.agentId === agent : row.id === id,
    );
    const files = chosen.reduce((sum, row) => sum + row.files, 0);
    const sandboxes = chosen.map((row) => ({ id: row.id, files: row.files, container: row.container }));
    const dryRun = flag(options, "dryRun");
    if (!dryRun && files > 0)
      await confirm(context, {
        question: `Remove ${sandboxes.length} sandboxes with ${files} files of private folders?`,
        yes: flag(options, "yes"),
      });
    if (!dryRun) for (const row of chosen) await desk.remove(row.id);
    if (flag(options, "json"))
      return out.json({ removed: dryRun ? [] : sandboxes, wouldRemove: dryRun ? sandboxes : [] });
    if (chosen.length === 0) return out.line("There is no such sandbox; nothing to do.");
    const verb = dryRun ? "would be removed" : "removed";
    for (const row of sandboxes)
      out.line(
        `${row.id}: ${verb}${row.files > 0 ? `, with ${row.files} files` : ""}${row.container ? ` and its ${row.container} container` : ""}`,
      );
    if (!dryRun) out.line("They are made anew when a sandboxed session uses a tool.");
  });
