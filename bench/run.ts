// `npm run bench [-- --smoke] [--only NAME]`: measures the built CLI and gateway from outside and writes
// docs/benchmarks.md. --smoke takes fewer rounds, writes nothing, and fails when a target is missed by half again.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "../scripts/build.mjs";
import { measureCli } from "./measure-cli.ts";
import { measureGateway } from "./measure-gateway.ts";
import { measureHistory } from "./measure-history.ts";
import { measurePackage } from "./measure-package.ts";
import { measureTurns } from "./measure-turns.ts";
import { measureUi } from "./measure-ui.ts";
import type { Row } from "./row.ts";

const { values: options } = parseArgs({
  options: { smoke: { type: "boolean", default: false }, only: { type: "string" } },
});
await build({ quiet: true });

const parts = {
  cli: measureCli,
  gateway: measureGateway,
  turns: measureTurns,
  history: measureHistory,
  ui: measureUi,
  package: measurePackage,
};
const rows: Row[] = [];
for (const [name, measure] of Object.entries(parts)) {
  if (options.only !== undefined && options.only !== name) continue;
  rows.push(...(await measure({ smoke: options.smoke })));
}

const met = (row: Row) => (row.atLeast ? row.value >= row.target : row.value <= row.target);
const tolerable = (row: Row) => {
  const { value, target } = row.guard ?? row;
  return row.atLeast ? value >= target / 1.5 : value <= target * 1.5;
};
const show = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
const table = [
  "| what | measured | target | |",
  "|---|---|---|---|",
  ...rows.map(
    (row) =>
      `| ${row.what} | ${show(row.value)} ${row.unit}${row.note ? ` (${row.note})` : ""} | ${row.atLeast ? "≥" : "≤"} ${row.target} ${row.unit} | ${met(row) ? "met" : "**missed**"} |`,
  ),
].join("\n");
console.log(table);

if (!options.smoke && options.only === undefined) {
  const text = `# Benchmarks

Made by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)} with Node ${process.versions.node} on ${cpus().length} cores (${cpus()[0]?.model.trim() ?? "unknown"}),
client and server on the same cores. "× bare" is the ratio to \`node -e 0\` measured in the same run. Every row is the
median of its rounds, taken from outside through the public doors; see \`bench/\`.

${table}
`;
  writeFileSync(fileURLToPath(new URL("../docs/benchmarks.md", import.meta.url)), text);
  updateReadme();
}
/** The few rows that stand on the first screen of the README, between its two markers. */
function updateReadme(): void {
  const shown: Array<[string, string]> = [
    ["gateway spawn", "from `openclaw gateway` to the first answered client"],
    ["`openclaw health --json`", "a command that asks the running gateway"],
    ["idle memory", "memory of the idle gateway (PSS), everything included"],
    ["our share", "what the gateway adds to a model's answer, at turn 10 as at turn 2,000"],
    ["package, packed", "what npm downloads, all libraries inside"],
    ["`health` RPC, 32", "requests a second of the control plane, client on the same two cores"],
  ];
  const lines = shown.flatMap(([start, meaning]) => {
    const row = rows.find((each) => each.what.includes(start));
    return row
      ? [
          `| ${meaning} | **${row.note && row.unit === "× bare" ? `${row.note.split(",")[0]} (${show(row.value)} × a bare \`node -e 0\`)` : `${show(row.value)} ${row.unit}`}** |`,
        ]
      : [];
  });
  const file = fileURLToPath(new URL("../README.md", import.meta.url));
  const block = `<!-- bench: written by npm run bench -->\n| | |\n|---|---|\n${lines.join("\n")}\n<!-- /bench -->`;
  // The formatter aligns tables; what is written here must pass its check.
  writeFileSync(file, readFileSync(file, "utf8").replace(/<!-- bench:[\s\S]*<!-- \/bench -->/, block));
  spawnSync(fileURLToPath(new URL("../node_modules/.bin/oxfmt", import.meta.url)), [file], {
    stdio: "ignore",
  });
}

const failed = rows.filter((row) => !(options.smoke ? tolerable(row) : met(row)));
for (const row of failed)
  console.error(`bench: ${row.what}: ${show(row.value)} ${row.unit}, target ${row.target}`);
process.exit(options.smoke && failed.length > 0 ? 1 : 0);
