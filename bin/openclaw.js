#!/usr/bin/env node
// The installed command. Kept to what a Node too old for the bundle can still parse, so that it can say so.
// Without imports: those of Node's modules are slow (scripts/builtin-imports.mjs).
const minimum = [22, 13];
const current = process.versions.node.split(".").map(Number);
if (current[0] < minimum[0] || (current[0] === minimum[0] && current[1] < minimum[1])) {
  // In a checkout, `npm start` or `npm test` has put a newer one beside us.
  const { existsSync } = await import("node:fs");
  const { fileURLToPath } = await import("node:url");
  const { spawnSync } = await import("node:child_process");
  const pinned = fileURLToPath(
    new URL(`../.runtime/node_modules/node-${process.platform}-${process.arch}/bin/node`, import.meta.url),
  );
  if (existsSync(pinned)) {
    const run = spawnSync(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      stdio: "inherit",
    });
    process.exit(run.status ?? 1);
  }
  console.error(
    `openclaw needs Node ${minimum.join(".")} or newer; this is ${process.version}. Install Node 24 from https://nodejs.org and run the same command again.`,
  );
  process.exit(1);
}
const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === "--version" || args[0] === "-V" || args[0] === "-v")) {
  // Answered before anything else is loaded: scripts call it often (CLI-002, HID-020).
  const { readFileSync } = process.getBuiltinModule("node:fs");
  console.log(JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version);
} else {
  process.getBuiltinModule("node:module").enableCompileCache();
  await import("../dist/cli.js");
}
