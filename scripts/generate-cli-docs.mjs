#!/usr/bin/env node
// Writes docs/cli.md from the definitions of the commands. Run it after changing one: node scripts/generate-cli-docs.mjs
import { writeFileSync } from "node:fs";
import { cliReference } from "../src/cli/docs-page.ts";
import { allDefinitions } from "../src/cli/registry.ts";

writeFileSync(new URL("../docs/cli.md", import.meta.url), cliReference(await allDefinitions()));
