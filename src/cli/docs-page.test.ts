import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { cliReference } from "./docs-page.ts";
import { allDefinitions } from "./registry.ts";

it("docs/cli.md says what the commands say (else: node scripts/docs.ts)", async () => {
  const written = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
  expect(written).toBe(cliReference(await allDefinitions()));
});
