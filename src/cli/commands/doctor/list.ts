import type { CommandBody } from "../../contract.ts";
import { openDoctorFor } from "../../doctor-report.ts";
import { flag } from "../../options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const doctor = await openDoctorFor(context, { author: "doctor", wants: {}, live: false });
  const receipts = doctor.receipts();
  if (flag(options, "json")) {
    return out.json(
      receipts.map(({ id, at, author, state, repairs, entries }) => ({
        id,
        at,
        author,
        state,
        repairs: repairs.map(({ tick }) => tick),
        paths: entries.map(({ path }) => path),
      })),
    );
  }
  if (receipts.length === 0) return out.line("No repair was made here.");
  out.table(
    receipts.map(({ id, at, author, state, repairs }) => ({
      ID: id,
      When: at,
      By: author,
      State: state,
      What: [...new Set(repairs.map(({ tick }) => tick))].join(", "),
    })),
  );
};
