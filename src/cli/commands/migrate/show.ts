import type { Receipt } from "../../../migrate/index.ts";
import type { CommandContext } from "../../contract.ts";
import { flag } from "../../options.ts";

/** A receipt or plan for people; as JSON when asked. */
export function showReceipt(
  { out }: CommandContext,
  receipt: Receipt,
  options: Record<string, unknown>,
): void {
  if (flag(options, "json")) return out.json(receipt);
  const { from, counts, items, warnings, leftInTranscripts } = receipt;
  const era = from.era === "sqlite" ? "SQLite" : "JSON";
  out.pairs([
    ["From", `${from.dir} (${era} era${from.version === null ? "" : `, ${from.version}`})`],
    ["To", receipt.to],
  ]);
  out.line();
  out.table(
    Object.entries(counts)
      .filter(([, count]) => count.found > 0)
      .map(([kind, count]) => ({
        kind,
        found: String(count.found),
        carried: String(count.carried),
        transformed: String(count.transformed),
        left: String(count.left),
      })),
    ["kind", "found", "carried", "transformed", "left"],
  );
  const reasons = new Map<string, number>(Object.entries(leftInTranscripts));
  for (const { kind, fate, reason } of items) {
    if (fate !== "left") continue;
    const why = `${kind}: ${reason ?? "no reason"}`;
    reasons.set(why, (reasons.get(why) ?? 0) + 1);
  }
  if (reasons.size > 0) {
    out.line();
    out.line(out.style.bold("Left where it was"));
    for (const [why, n] of reasons) out.line(`  ${n} × ${why}`);
  }
  if (flag(options, "items")) {
    out.line();
    for (const { kind, id, fate, target, reason } of items)
      out.line(
        `  ${fate.padEnd(11)} ${kind} ${id}${target === undefined ? "" : ` → ${target}`}${reason === undefined ? "" : ` (${reason})`}`,
      );
  }
  for (const warning of warnings) out.note(out.style.yellow(warning));
}
