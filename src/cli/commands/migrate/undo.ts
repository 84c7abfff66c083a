import { silentLogger } from "../../../core/logger.ts";
import { openLogins, undoMigration } from "../../../migrate/index.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";

export const run: CommandBody = async (context, [id], options) => {
  const { out } = context;
  const result = await undoMigration({ ...context, logger: silentLogger, logins: openLogins(context), id });
  if (flag(options, "json")) return out.json(result);
  const { removed, kept } = result;
  out.line(`Migration ${result.id} was taken back.`);
  out.pairs([
    ["Conversations", `${removed.sessions} (${removed.entries} entries)`],
    ["Jobs", `${removed.cronJobs} (${removed.cronRuns} runs)`],
    ["Logins", String(removed.logins)],
    ["Files", String(removed.files)],
  ]);
  for (const { what, reason } of kept) out.note(out.style.yellow(`kept ${what}: ${reason}`));
};
