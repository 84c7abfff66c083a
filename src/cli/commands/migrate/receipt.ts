import { findReceipt } from "../../../migrate/index.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { showReceipt } from "./show.ts";

export const run: CommandBody = (context, [id], options) => {
  const receipt = findReceipt(context.paths, { id });
  showReceipt(context, receipt, options);
  if (!flag(options, "json")) {
    const { out } = context;
    out.line();
    out.line(
      receipt.state === "undone"
        ? `Taken back at ${receipt.undoneAt}.`
        : `${receipt.state === "applied" ? "Applied" : "Cut off"} at ${receipt.at}; back: openclaw migrate undo ${receipt.id}`,
    );
  }
  return Promise.resolve();
};
