import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { LAYERS } from "./architecture-rules.ts";

const src = fileURLToPath(new URL("../src", import.meta.url));

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name)) yield path;
  }
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^;"']*?from\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|(?:^|\n)import\s*["']([^"']+)["']/g;

function* importsOf(file: string): Generator<string> {
  for (const match of readFileSync(file, "utf8").matchAll(importPattern)) {
    const target = match[1] ?? match[2] ?? match[3];
    if (target) yield target;
  }
}

const files = [...sources(src)];
const layerOf = (path: string): string => relative(src, path).split("/")[0] ?? "";

describe("layers", () => {
  it("names every folder of src/ and only folders that exist", () => {
    const folders = readdirSync(src, { withFileTypes: true })
      .filter((e) => e.isDirectory())
      .map((e) => e.name);
    expect(Object.keys(LAYERS).sort()).toEqual(folders.sort());
  });

  it("import only what the table allows", () => {
    const broken: string[] = [];
    for (const file of files) {
      const from = layerOf(file);
      for (const target of importsOf(file)) {
        if (!target.startsWith(".")) continue;
        const to = layerOf(resolve(dirname(file), target));
        const rule = LAYERS[from];
        if (rule && to !== from && !rule.may.includes(to)) {
          broken.push(
            `${relative(src, file)} imports ${to}/: ${from}/ may import ${rule.may.join(", ") || "nothing"} (${rule.because})`,
          );
        }
      }
    }
    expect(broken).toEqual([]);
  });

  it("keep siblings apart where one of many must not know another", () => {
    const broken: string[] = [];
    // No channels of their own: how text is cut and written, and what several adapters do alike.
    const shared = new Set(["channels/text", "channels/split", "channels/shared"]);
    for (const folder of ["channels", "models/providers", "cli/commands", "gateway/methods", "agent/tools"]) {
      if (!existsSync(join(src, folder))) continue;
      for (const file of files) {
        const inside = relative(join(src, folder), file);
        if (inside.startsWith("..") || !inside.includes("/")) continue;
        const sibling = inside.split("/")[0];
        for (const target of importsOf(file)) {
          if (!target.startsWith(".")) continue;
          const other = relative(join(src, folder), resolve(dirname(file), target));
          const owner = other.split("/")[0];
          if (shared.has(`${folder}/${owner}`)) continue;
          if (!other.startsWith("..") && other.includes("/") && owner !== sibling)
            broken.push(`${relative(src, file)} → ${other}`);
        }
      }
    }
    expect(broken).toEqual([]);
  });
});
