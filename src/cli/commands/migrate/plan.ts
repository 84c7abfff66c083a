import { makePlan, openLogins } from "../../../migrate/index.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { showReceipt } from "./show.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const { receipt } = await makePlan({
    ...context,
    logins: openLogins(context),
    from: text(options, "from"),
  });
  showReceipt(context, receipt, options);
  if (flag(options, "json")) return;
  out.line();
  out.line(
    receipt.changes === 0
      ? "Everything is here already."
      : `Nothing was changed. To take it over: openclaw migrate apply --from ${receipt.from.dir}`,
  );
};
