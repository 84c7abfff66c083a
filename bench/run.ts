// `npm run bench [-- --smoke] [--only NAME]`: measures the built CLI and gateway from outside and writes
// docs/benchmarks.md. --smoke takes fewer rounds, writes nothing, and fails when a target is missed by half again.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "../scripts/build.mjs";
import { measureCli } from "./measure-cli.ts";
import { measureGateway } from "./measure-gateway.ts";
import { measureHistory } from "./measure-history.ts";
import { measureTurns } from "./measure-turns.ts";
import type { Row } from "./row.ts";

const { values: options } = parseArgs({
  options: { smoke: { type: "boolean", default: false }, only: { type: "string" } },
});
await build({ quiet: true });

const parts = { cli: measureCli, gateway: measureGateway, turns: measureTurns, history: measureHistory };
const rows: Row[] = [];
for (const [name, measure] of Object.entries(parts)) {
  if (options.only !== undefined && options.only !== name) continue;
  rows.push(...(await measure({ smoke: options.smoke })));
}

const met = (row: Row) => (row.atLeast ? row.value >= row.target : row.value <= row.target);
const tolerable = (row: Row) => (row.atLeast ? row.value >= row.target / 1.5 : row.value <= row.target * 1.5);
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
}
const failed = rows.filter((row) => !(options.smoke ? tolerable(row) : met(row)));
for (const row of failed)
  console.error(`bench: ${row.what}: ${show(row.value)} ${row.unit}, target ${row.target}`);
process.exit(options.smoke && failed.length > 0 ? 1 : 0);
