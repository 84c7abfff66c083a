import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { noteFor, whenItCounts } from "../../config-changes.ts";

export const run: CommandBody = async (context, [path = ""], options) => {
  const { out } = context;
  const store = await context.openConfig();
  const before = store.read();
  const snapshot = store.unset(path, noteFor(`config unset ${path}`));
  const changed = snapshot.raw !== before.raw;
  if (flag(options, "json")) return out.json({ ok: true, path, changed, hash: snapshot.hash });
  out.line(changed ? `Removed ${path} from ${store.path}` : `${path} was not set in ${store.path}`);
  const when = await whenItCounts(context, { before: before.parsed, after: snapshot.parsed });
  if (when) out.note(when);
};
