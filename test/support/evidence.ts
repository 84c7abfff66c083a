// Figures that tests show at the end (scripts/evidence.ts). Without OPENCLAW_EVIDENCE nothing is written.
import { appendFileSync } from "node:fs";

export type EvidenceTable =
  | "update"
  | "reload"
  | "migrate"
  | "doctor"
  | "restart"
  | "surfaces"
  | "timings"
  | "schema";

/** One row of a table of docs/evidence.md, called after what it says was asserted. */
export function evidence(table: EvidenceTable, row: Record<string, string | number>): void {
  const path = process.env["OPENCLAW_EVIDENCE"];
  if (path) appendFileSync(path, `${JSON.stringify({ table, row })}\n`);
}
