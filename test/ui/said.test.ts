// What the gateway says by code, the page says in Japanese: no code that can reach the page is without its words.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { channelCatalog } from "../../src/channels/catalog.ts";
import { checks } from "../../src/doctor/index.ts";
import { descriptions } from "../../ui/src/pages/config/words-ja/index.ts";
import {
  checksInJapanese,
  conditionsInJapanese,
  errorsInJapanese,
  outcomesInJapanese,
  troublesInJapanese,
} from "../../ui/src/i18n/said/ja.ts";

const japanese = /[\u3040-\u30ff\u4e00-\u9fff]/;
/** Their failures end in a terminal, in a file of a backup, or as a tool's answer to the model. */
const neverOnThePage = new Set([
  "agent",
  "backup",
  "browser",
  "cli",
  "migrate",
  "node-host",
  "sentinel",
  "service",
  "tui",
]);

it("every error that can reach the page", () => {
  const rows = readFileSync(new URL("../../docs/reference/errors.md", import.meta.url), "utf8").matchAll(
    /^\| `([A-Z0-9_]+)` \| .* \| (src\/.*) \|$/gm,
  );
  const reaching = [...rows]
    .filter(([, , files = ""]) =>
      files.split(", ").some((file) => !neverOnThePage.has(file.split("/")[1] ?? "")),
    )
    .map(([, code = ""]) => code);
  expect(reaching.length).toBeGreaterThan(100);
  expect(reaching.filter((code) => !(code in errorsInJapanese))).toEqual([]);
});

it("every finding of the doctor and the audit", () => {
  expect(checks.map(({ id }) => id).filter((id) => !(id in checksInJapanese))).toEqual([]);
});

it("every credential a channel asks for", () => {
  for (const { id, credentials } of channelCatalog)
    for (const { key, titles } of credentials) expect(titles?.ja ?? "", `${id} ${key}`).toMatch(japanese);
});

it("is Japanese, and says what it says as whole sentences do", () => {
  const texts = [
    ...Object.values(errorsInJapanese),
    ...Object.values(troublesInJapanese),
    ...Object.values(checksInJapanese).map(({ fix }) => fix),
    ...Object.values(conditionsInJapanese).map(({ about }) => about),
  ];
  for (const text of texts) {
    expect(text).toMatch(japanese);
    expect(text).toMatch(/。$|[）)]$/);
    // Half-width punctuation is what a machine writes.
    expect(text).not.toMatch(/[\u3040-\u30ff\u4e00-\u9fff][,.!?:;]/);
  }
  for (const [short] of Object.values(outcomesInJapanese)) expect(short.length).toBeLessThan(9);
});

it("nearly every setting of the configuration; a new one is in English until somebody says it in Japanese", () => {
  const rows = readFileSync(new URL("../../docs/reference/config.md", import.meta.url), "utf8").matchAll(
    /^\| `[^`]+` \| .* \| ([^|]+) \|$/gm,
  );
  const meant = [...rows]
    .map(([, text = ""]) => text.replace(/ \*\(secret\)\*.*$/, "").trim())
    .filter((text) => text !== "" && !text.includes("*No effect"));
  expect(meant.length).toBeGreaterThan(400);
  expect(meant.filter((text) => text in descriptions).length / meant.length).toBeGreaterThan(0.9);
});
