#!/usr/bin/env node
// `npm test`: sets up whatever is missing, then runs the whole suite. Arguments go to vitest.
import { join } from "node:path";
import { ensureDependencies, ensureNode, root, runUnder } from "./bootstrap.mjs";

const node = ensureNode();
ensureDependencies();
runUnder(node, join(root, "node_modules", "vitest", "vitest.mjs"), ["run", ...process.argv.slice(2)]);
