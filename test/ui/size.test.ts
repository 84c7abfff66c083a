// What a browser has to fetch: the whole page, all of its parts together, fits the budget of the first load alone.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("../../dist/ui/", import.meta.url));

it("is at most 250 kB with gzip, and holds no script or style in its HTML", () => {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.\w+$/.test(name),
  );
  expect(names).toContain("index.html");
  expect(names.filter((name) => name.endsWith(".js")).length).toBeGreaterThan(5);
  const bytes = names.reduce((sum, name) => sum + gzipSync(readFileSync(`${folder}${name}`)).length, 0);
  expect(bytes).toBeLessThan(250_000);
  const html = readFileSync(`${folder}index.html`, "utf8");
  expect(html).not.toMatch(/<style|\son\w+=|<script(?![^>]*\ssrc=)/);
});
