import { silentLogger } from "../../../core/logger.ts";
import { applyMigration, openLogins } from "../../../migrate/index.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { showReceipt } from "./show.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const receipt = await applyMigration({
    ...context,
    logger: silentLogger,
    logins: openLogins(context),
    from: text(options, "from"),
  });
  showReceipt(context, receipt, options);
  if (flag(options, "json")) return;
  out.line();
  if (receipt.changes === 0) return out.line("Everything was here already; nothing was written.");
  out.line(`${out.style.green("Migrated.")} The old directory is unchanged.`);
  out.line(`  Receipt: openclaw migrate receipt ${receipt.id} --items`);
  out.line(`  Back:    openclaw migrate undo ${receipt.id}`);
};
