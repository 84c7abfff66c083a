import type { CommandBody } from "../../contract.ts";
import { flag, integer } from "../../options.ts";

export const run: CommandBody = async ({ openConfig, out }, _args, options) => {
  const limit = integer(options, "limit", { min: 1, max: 10_000, default: 20 });
  const store = await openConfig();
  const { hash } = store.read();
  const revisions = store.history(limit);
  if (flag(options, "json"))
    return out.json(revisions.map((each) => ({ ...each, current: each.hash === hash })));
  if (revisions.length === 0) return out.line("No versions yet: the file has not been changed.");
  const newest = revisions.findIndex((each) => each.hash === hash);
  out.table(
    revisions.map((each, index) => ({
      Version: each.hash.slice(0, 12),
      When: new Date(each.at).toISOString().slice(0, 19).replace("T", " "),
      By: each.author,
      Why: each.reason,
      "": index === newest ? "current" : "",
    })),
  );
};
