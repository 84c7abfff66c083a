import { readFileSync } from "node:fs";

/** The version of the package this file belongs to, from source or from dist/. */
export function installedVersion(): string {
  for (const up of ["../package.json", "../../package.json"]) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8")) as {
        name?: string;
        version?: string;
      };
      if (manifest.name === "openclaw" && manifest.version) return manifest.version;
    } catch {
      continue; // Not that far up: dist/ is one folder deep, src/app/ two.
    }
  }
  return "0.0.0";
}
