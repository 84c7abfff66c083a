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

/** Whether figures are being collected: then a test looks at every case of its kind, otherwise at one of each. */
export const collectsEvidence = (): boolean => Boolean(process.env["OPENCLAW_EVIDENCE"]);

/** One row of a table of docs/evidence.md, called after what it says was asserted. */
export function evidence(table: EvidenceTable, row: Record<string, string | number>): void {
  const path = process.env["OPENCLAW_EVIDENCE"];
  if (path) appendFileSync(path, `${JSON.stringify({ table, row })}\n`);
}
