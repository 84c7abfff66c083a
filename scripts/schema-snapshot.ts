// Keeps what a release leaves in its database: `node scripts/bootstrap.mjs scripts/schema-snapshot.ts` when a release is
// made. test/e2e/schema.test.ts starts every later version on it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import packageJson from "../package.json" with { type: "json" };
import { baseConfig, createHome } from "../test/support/e2e-home.ts";
import { dumpOf } from "../test/support/schema-shape.ts";

await using home = createHome({ config: baseConfig });
const gateway = await home.gateway();
const said = await home.cli(["agent", "--message", "keep this across releases"]);
if (said.status !== 0) throw new Error(said.stderr);
await gateway.stop();
const to = fileURLToPath(new URL(`../test/fixtures/schema/${packageJson.version}.sql`, import.meta.url));
writeFileSync(to, dumpOf(join(home.stateDir, "ledger.sqlite")));
console.log(`wrote ${to}`);
