import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the installed package: found upwards from this file, which lies in `dist/` or in `src/cli/`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const up = dirname(folder);
    if (up === folder) throw new Error("package.json of openclaw not found");
    folder = up;
  }
  return folder;
}

/**
 * The folder whose `bin/openclaw.js` a service starts: that of the package, or where versions lie beside each other
 * (`openclaw update`) the one with the launcher, which stays when the version changes.
 */
export function installRoot(): string {
  const root = packageRoot();
  const slots = /^(.+)[/\\]versions[/\\][^/\\]+[/\\]node_modules[/\\]openclaw$/.exec(root)?.[1];
  return slots !== undefined && existsSync(join(slots, "bin", "openclaw.js")) ? slots : root;
}

/** The version of this package: digits and dots (HID-020). */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
    version: string;
  };
  return manifest.version;
}
