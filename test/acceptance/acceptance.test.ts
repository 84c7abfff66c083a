import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { notRun, worlds } from "./cases/index.ts";
import { documented } from "./documented.ts";
import { extractCommands } from "./extract.ts";
import { page } from "./page.ts";

const run = worlds.flatMap((world) => world.cases.map((each) => each.command));
const skipped = notRun.map((each) => each.command);

test("every documented command is run, or says why not", () => {
  const printed = documented().commands.map((each) => each.command);
  expect(printed.length).toBeGreaterThan(100);
  expect(printed.filter((command) => !run.includes(command) && !skipped.includes(command))).toEqual([]);
  expect([...run, ...skipped].filter((command) => !printed.includes(command))).toEqual([]);
  expect(skipped.filter((command) => run.includes(command))).toEqual([]);
});

test("every case checks more than that something was printed", () => {
  const vague = worlds
    .flatMap((world) => world.cases)
    .filter((each) => !each.stdout && !each.stderr && !each.until && !each.never);
  expect(vague).toEqual([]);
});

test("docs/acceptance.md is what the data say (else: npm run acceptance -- --write)", () => {
  const file = fileURLToPath(new URL("../../docs/acceptance.md", import.meta.url));
  expect(readFileSync(file, "utf8")).toBe(page());
});

test("the extractor finds commands where documents print them", () => {
  const text = [
    "# Start",
    "Run `openclaw status` or `openclaw gateway stop|restart`; see openclaw's pages.",
    "| `openclaw health --json` | the state |",
    "```bash",
    "# openclaw commented out",
    "A=1 openclaw gateway --port 19001  # another port",
    "openclaw onboard \\",
    "  --accept-risk && openclaw logs --limit 5 | grep error",
    "if ! openclaw health --json > /tmp/x; then",
    "X=$(openclaw config get a.b)",
    "```",
    "```mermaid",
    '  A["openclaw doctor<br/>(repair)"]',
    "```",
  ].join("\n");
  expect(extractCommands("009", text)).toEqual([
    { command: "openclaw status", sources: ["009:2 Start"] },
    { command: "openclaw gateway stop", sources: ["009:2 Start"] },
    { command: "openclaw gateway restart", sources: ["009:2 Start"] },
    { command: "openclaw health --json", sources: ["009:3 Start", "009:9 Start"] },
    { command: "A=1 openclaw gateway --port 19001", sources: ["009:6 Start"] },
    { command: "openclaw onboard --accept-risk", sources: ["009:7 Start"] },
    { command: "openclaw logs --limit 5 | grep error", sources: ["009:7 Start"] },
    { command: "openclaw config get a.b", sources: ["009:10 Start"] },
    { command: "openclaw doctor", sources: ["009:13 Start"] },
  ]);
});
