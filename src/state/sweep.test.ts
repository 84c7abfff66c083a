import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sweepTemporaryFiles } from "./atomic-file.ts";

describe("sweepTemporaryFiles", () => {
  it("removes what a killed writer left and nothing else", () => {
    const folder = mkdtempSync(join(tmpdir(), "openclaw-sweep-"));
    const names = [
      ".status.json.999999999.0a1b2c.tmp",
      `.status.json.${process.pid}.0a1b2c.tmp`,
      "notes.tmp",
      ".env",
      "status.json",
    ];
    for (const name of names) writeFileSync(join(folder, name), "");
    expect(sweepTemporaryFiles(folder)).toBe(1);
    expect(readdirSync(folder).sort()).toEqual(names.slice(1).sort());
    rmSync(folder, { recursive: true });
  });
});
