// `npm run evidence`: runs the tests that show something at the end of issue 3, and renders what they saw as
// docs/evidence.md. The figures are of the machine it runs on.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
type Row = Record<string, string | number>;

const tables = [
  ["update", "Updates: candidate × what happened × service up", "test/e2e/update.test.ts"],
  ["schema", "Schemas that only grow", "test/e2e/schema.test.ts"],
  ["reload", "Reload and probation: 30 revisions that do not work", "test/e2e/reload.test.ts"],
  ["restart", "Restart without a gap", "test/e2e/restart-gap.test.ts"],
  ["surfaces", "Status surfaces agree", "test/e2e/health-surfaces.test.ts"],
  ["timings", "Doctor and audit: best of three", "test/e2e/doctor.test.ts"],
  ["migrate", "Migration receipts of the samples", "test/e2e/migrate.test.ts"],
  ["doctor", "Doctor and audit: check × fault × plan, apply, undo", "src/doctor/faults.test.ts"],
] as const;

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => name !== "systemd" && !tables.some(([table]) => table === name));
if (unknown.length > 0) {
  console.error(
    `unknown: ${unknown.join(", ")}; there are ${tables.map(([name]) => name).join(", ")}, systemd`,
  );
  process.exit(2);
}
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);
const page = join(root, "docs", "evidence.md");
/** Sections that are not asked for stay as the page has them. */
const before = existsSync(page) ? sectionsOf(readFileSync(page, "utf8")) : new Map<string, string>();
const scratch = mkdtempSync(join(tmpdir(), "openclaw-evidence-"));
const collected = join(scratch, "rows.jsonl");
writeFileSync(collected, "");

const files = tables.filter(([name]) => isWanted(name)).map(([, , file]) => file);
let failed = false;
if (files.length > 0) {
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const tests = spawnSync(process.execPath, [vitest, "run", ...files], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, OPENCLAW_EVIDENCE: collected },
  });
  failed = tests.status !== 0;
}
const rows = readFileSync(collected, "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line) as { table: string; row: Row });
rmSync(scratch, { recursive: true, force: true });

const sections: string[] = [];
for (const [name, title, file] of tables) {
  const own = rows.filter(({ table }) => table === name).map(({ row }) => row);
  const kept = before.get(title);
  if (isWanted(name)) sections.push(`## ${title}\n\nFrom \`${file}\`.\n\n${tableOf(own)}\n`);
  else if (kept !== undefined) sections.push(kept);
}
const systemdTitle = "A real systemd";
const keptSystemd = before.get(systemdTitle);
if (isWanted("systemd")) {
  const { text, status } = await systemd();
  failed ||= status !== 0 && status !== 77;
  sections.push(`## ${systemdTitle}\n\nFrom \`npm run e2e:systemd\`.\n\n${text}\n`);
} else if (keptSystemd !== undefined) sections.push(keptSystemd);

if (failed) {
  console.error("a test failed: docs/evidence.md is left as it was");
  process.exit(1);
}
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const intro = `# Evidence

Written by \`npm run evidence\`, never by hand: what the tests saw, version ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} cores. A row is there only when everything it says was asserted.
`;
writeFileSync(page, [intro, ...sections].join("\n"));
console.log(`wrote docs/evidence.md: ${rows.length} rows`);

/** Rows of one kind; a column is there when any row has it. */
function tableOf(all: Row[]): string {
  if (all.length === 0) return "No rows: the tests did not run here.";
  const columns = [...new Set(all.flatMap((row) => Object.keys(row)))];
  const cell = (value: string | number | undefined) =>
    String(value ?? "")
      .replaceAll("|", "\\|")
      .replaceAll("\n", " ");
  return [
    `| ${columns.join(" | ")} |`,
    `|${columns.map(() => "---").join("|")}|`,
    ...all.map((row) => `| ${columns.map((column) => cell(row[column])).join(" | ")} |`),
  ].join("\n");
}

function sectionsOf(text: string): Map<string, string> {
  const parts = text.split(/^(?=## )/m).filter((part) => part.startsWith("## "));
  return new Map(parts.map((part) => [part.slice(3, part.indexOf("\n")), `${part.trimEnd()}\n`]));
}

/** The checks that ran on booted machines, as they printed them. */
async function systemd(): Promise<{ text: string; status: number }> {
  const child = spawn(process.execPath, [join(root, "test", "e2e-systemd", "run.ts")], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    said += part;
    process.stdout.write(part);
  });
  const status = await new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? 1)));
  const checks = [...said.matchAll(/^ok +(.+?): (.+) \(([^()]*)\)$/gm)].map(
    ([, machine, check, figures]) => ({
      machine: machine ?? "",
      check: check ?? "",
      figures: figures ?? "",
    }),
  );
  const skipped = /^e2e:systemd: skipped: .*/m.exec(said)?.[0];
  return { text: skipped ?? tableOf(checks.toSorted((a, b) => a.machine.localeCompare(b.machine))), status };
}
