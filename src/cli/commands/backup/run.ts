import { runScheduledBackup } from "../../../backup/index.ts";
import { UserError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { plural } from "../../format.ts";
import { flag } from "../../options.ts";
import { outsideWorkspaces, sizeText } from "./place.ts";
import { scheduleSettings } from "./schedule-desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { paths, out, clock, signal, version } = context;
  const settings = await scheduleSettings(context, (await context.openConfig()).read().config.backup);
  if (settings === null)
    throw new UserError("BACKUP_NOT_SCHEDULED", "no backup is scheduled", {
      hint: "openclaw backup schedule --every 1d   (or once: openclaw backup create)",
    });
  const outside = settings.kind === "full" ? await outsideWorkspaces(context) : [];
  const ifDue = flag(options, "ifDue");
  const done = await runScheduledBackup({ paths, settings, ifDue, outside, version, clock, signal });
  if (flag(options, "json")) return out.json(done);
  if (done.result === "busy") return out.line("Another process is making the backup.");
  if (done.result === "not-due") return out.line(`Not due before ${new Date(done.dueAt).toISOString()}.`);
  out.line(`${done.path}: ${plural(done.files, "file")}, ${sizeText(done.bytes)}, read back whole`);
  for (const path of done.removed) out.line(`removed ${path}`);
};
