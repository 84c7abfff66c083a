import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ChannelManifest } from "../../src/channels/contract.ts";
import { conformanceCases, type CaseId } from "./cases.ts";

// The outcome of the suite is kept in matrix.json, a column per channel, written by a test run with
// CONFORMANCE=write and compared by every other; scripts/docs.ts makes docs/channels/conformance.md of it.

interface Column {
  label: string;
  ambiguousSend: ChannelManifest["capabilities"]["ambiguousSend"];
  /** `pass`, or why not. */
  cases: Partial<Record<CaseId, string>>;
}
type Matrix = Record<string, Column>;

const file = fileURLToPath(new URL("matrix.json", import.meta.url));

export function readMatrix(): Matrix {
  return JSON.parse(readFileSync(file, "utf8")) as Matrix;
}

/** Fails when the run of a channel ended otherwise than the committed matrix says. */
export function checkColumn(manifest: ChannelManifest, cases: Column["cases"]): void {
  const { id, label, capabilities } = manifest;
  const column: Column = {
    label,
    ambiguousSend: capabilities.ambiguousSend,
    cases: Object.fromEntries(conformanceCases.map((each) => [each.id, cases[each.id] ?? "not run"])),
  };
  const matrix = readMatrix();
  if (JSON.stringify(matrix[id]) === JSON.stringify(column)) return;
  if (process.env["CONFORMANCE"] !== "write")
    throw new Error(
      `docs/channels/conformance.md does not say how "${id}" did: run its tests with CONFORMANCE=write, then scripts/docs.ts`,
    );
  matrix[id] = column;
  const sorted = Object.fromEntries(Object.entries(matrix).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

const groups = {
  in: "What people say",
  people: "Who and where",
  out: "What the assistant says",
  delivery: "Nothing lost, nothing doubled",
  faults: "What goes wrong",
  life: "An account's life",
} as const;
const settled = {
  dedupes: "the platform drops repeats by key",
  queryable: "the platform is asked",
  unknown: "asks the operator, never guesses",
} as const;

/** The page; the same matrix gives the same text. */
export function conformancePage(matrix: Matrix): string {
  const channels = Object.values(matrix);
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const row = (title: string, cells: string[]) => `| ${[title, ...cells].join(" | ")} |`;
  const tables = Object.entries(groups).map(([group, title]) => {
    const cases = conformanceCases.filter((each) => each.group === group);
    return [
      `## ${title}`,
      "",
      row(
        "",
        channels.map(({ label }) => label),
      ),
      row(
        "---",
        channels.map(() => ":-:"),
      ),
      ...cases.map((each) =>
        row(
          cell(each.title),
          channels.map(({ cases: did }) => (did[each.id] === "pass" ? "✓" : "–")),
        ),
      ),
      "",
    ].join("\n");
  });
  const gaps = channels.map(({ label, cases }) => {
    const reasons = new Map<string, string[]>();
    for (const { id, title } of conformanceCases) {
      const reason = cases[id] ?? "not run";
      if (reason !== "pass") reasons.set(reason, [...(reasons.get(reason) ?? []), title]);
    }
    const lines = [...reasons].map(([reason, titles]) => `- ${titles.join("; ")}: ${reason}.`);
    return `### ${label}\n\n${lines.length === 0 ? "None." : lines.join("\n")}\n`;
  });
  return `# Conformance of the channels

Made by the test run: ✓ the case passed against the platform's double, – a declared gap, whose reason is below. Every
channel runs the same suite (\`test/channels/\`); how to run it on a channel of your own is in [adapter.md](adapter.md).

A send whose answer was lost is settled as the channel declares:

${row("channel", ["settled by"])}
${row("---", ["---"])}
${channels.map(({ label, ambiguousSend }) => row(label, [settled[ambiguousSend]])).join("\n")}

${tables.join("\n")}
## Gaps

${gaps.join("\n")}`;
}
