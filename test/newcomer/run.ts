// `npm run newcomer [-- --short] [--write]`: a stranger's first hour with a fresh clone in a real browser. Prints what
// each step took and what was wrong. --short uses the dependencies of this checkout and takes no pictures and leaves axe to test/ui; --write
// renders docs/first-hour.md and its pictures. Exit 1 when a step or a check fails, 77 without Chromium.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../torture/gateway-process.ts";
import { page } from "./page.ts";
import { tellStory } from "./story.ts";
import { createStranger } from "./stranger.ts";
import { browserPath, createVisits } from "./visit.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const images = join(root, "docs", "images", "first-hour");
const skippedStatus = 77;
const targetSeconds = 120;
const mostBytes = { each: 150_000, together: 1_200_000 };

const words = process.argv.slice(2);
const unknown = words.find((word) => word !== "--short" && word !== "--write");
if (unknown !== undefined) {
  console.error(`newcomer: unknown option "${unknown}"; there are --short and --write`);
  process.exit(2);
}
const [short, write] = [words.includes("--short"), words.includes("--write")];
const executablePath = browserPath();
if (executablePath === undefined) {
  console.log("newcomer: skipped: no Chromium here (apt-get install chromium)");
  process.exit(skippedStatus);
}

const port = await freePort();
const stranger = createStranger({ root, port, linked: short });
const folder = write ? images : short ? null : join(root, "reports", "newcomer");
if (folder !== null) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
const visits = await createVisits({ executablePath, port, folder });
const problems: string[] = [];
try {
  const told = await tellStory({ stranger, visits, everyPage: !short, say: (line) => console.log(line) });
  console.log(
    `from \`npm start\` to the first answer: ${told.firstAnswerSeconds.toFixed(1)} s (target ${targetSeconds} s)`,
  );
  if (told.firstAnswerSeconds > targetSeconds) problems.push("the first answer took too long");
  for (const [what, list] of [
    ["console error", visits.consoleErrors],
    ["foreign request", visits.elsewhere],
    ["axe problem", visits.axe],
  ] as const) {
    if (short && list === visits.axe) continue;
    console.log(`${what}s: ${list.length}`);
    for (const each of list) problems.push(`${what}: ${each}`);
  }
  const together = visits.pictures.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes } of visits.pictures)
    if (bytes > mostBytes.each) problems.push(`picture ${name} has ${bytes} bytes`);
  if (together > mostBytes.together) problems.push(`the pictures have ${together} bytes together`);
  if (write) {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const text = page({ told, visits, version, cores: cpus().length, node: process.version, targetSeconds });
    writeFileSync(join(root, "docs", "first-hour.md"), text);
  }
} catch (error) {
  for (let now = error; now instanceof Error; now = now.cause) problems.push(now.message);
} finally {
  await visits.close();
  await stranger.leave();
}
for (const problem of problems) console.error(`newcomer: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
