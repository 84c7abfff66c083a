// `npm run e2e:docker`: sandboxes as containers of a real Docker engine, started for this alone and gone afterwards. Needs
// root and Debian (test/support/with-docker installs what is missing); says why when it cannot run, and ends with 77.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const skippedStatus = 77;
const noEngine = 125;

const reason = cannotRun();
if (reason !== null) skip(reason);
const ran = spawnSync(
  join(root, "test", "support", "with-docker"),
  [
    "--timeout",
    "900",
    "--",
    process.execPath,
    join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--config",
    "test/e2e-docker/vitest.config.ts",
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: "inherit" },
);
if (ran.status === noEngine) skip("the engine could not be installed or started");
process.exit(ran.status ?? 1);

function skip(why: string): never {
  console.log(`e2e:docker: skipped: ${why}`);
  process.exit(skippedStatus);
}

function cannotRun(): string | null {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.getuid?.() !== 0) return "an engine of its own needs root";
  if (!existsSync("/etc/debian_version"))
    return "the engine is installed from Debian's packages, and this is not Debian";
  return null;
}
