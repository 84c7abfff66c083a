import JSON5 from "json5";
import { diffConfigs, type ConfigStore } from "../../../config/index.ts";
import { UserError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";

export const run: CommandBody = async ({ openConfig, out }, [from, to], options) => {
  const store = await openConfig();
  const current = store.read();
  const older = from === undefined ? previous(store, current.hash) : store.revision(from);
  const newer = to === undefined ? { hash: current.hash, raw: current.raw ?? "{}" } : byHash(store, to);
  if (to === undefined && current.parsed === null) {
    throw new UserError("CONFIG_INVALID", `${store.path} cannot be compared: it is not valid JSON5`, {
      hint: "see `openclaw config validate`",
    });
  }
  const changes = diffConfigs(JSON5.parse(older.raw), JSON5.parse(newer.raw));
  if (flag(options, "json")) {
    return out.json({
      from: older.revision.hash,
      to: newer.hash,
      changes,
      textChanged: older.raw !== newer.raw,
    });
  }
  if (older.raw === newer.raw) return out.line("No difference.");
  if (changes.length === 0) return out.line("Only comments or layout differ.");
  for (const { path, before, after } of changes) {
    if (before !== undefined) out.line(out.style.red(`- ${path}: ${JSON.stringify(before)}`));
    if (after !== undefined) out.line(out.style.green(`+ ${path}: ${JSON.stringify(after)}`));
  }
};

function byHash(store: ConfigStore, prefix: string): { hash: string; raw: string } {
  const { revision, raw } = store.revision(prefix);
  return { hash: revision.hash, raw };
}

/** The newest version that is not the current one. */
function previous(store: ConfigStore, current: string) {
  const found = store.history(1_000).find((revision) => revision.hash !== current);
  if (found) return store.revision(found.hash);
  throw new UserError("CONFIG_REVISION_UNKNOWN", "there is no earlier version to compare with", {
    hint: "see `openclaw config history`",
  });
}
