#!/usr/bin/env node
// The installed command. Kept to what a Node too old for the bundle can still parse, so that it can say so.
import { readFileSync } from "node:fs";
import module from "node:module";

const minimum = [22, 13];
const current = process.versions.node.split(".").map(Number);
if (current[0] < minimum[0] || (current[0] === minimum[0] && current[1] < minimum[1])) {
  console.error(
    `openclaw needs Node ${minimum.join(".")} or newer; this is ${process.version}. Install Node 24 from https://nodejs.org and run the same command again.`,
  );
  process.exit(1);
}
const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === "--version" || args[0] === "-V" || args[0] === "-v")) {
  // Answered before anything else is loaded: scripts call it often (CLI-002, HID-020).
  console.log(JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version);
} else {
  module.enableCompileCache?.();
  await import("../dist/cli.js");
}
