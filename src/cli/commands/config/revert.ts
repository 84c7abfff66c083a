import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { noteFor, whenItCounts } from "../../config-changes.ts";

export const run: CommandBody = async (context, [prefix = ""], options) => {
  const { out } = context;
  const store = await context.openConfig();
  const { revision } = store.revision(prefix);
  const before = store.read().parsed;
  const snapshot = store.revert(revision.hash, noteFor(`config revert ${revision.hash.slice(0, 12)}`));
  if (flag(options, "json")) return out.json({ ok: true, hash: snapshot.hash, path: store.path });
  out.line(
    `${store.path} is again the version ${revision.hash.slice(0, 12)} of ${new Date(revision.at).toISOString()}`,
  );
  const when = await whenItCounts(context, { before, after: snapshot.parsed });
  if (when) out.note(when);
};
