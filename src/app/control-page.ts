import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../core/errors.ts";
import type { OpenClawConfig } from "../config/index.ts";
import { loadStaticManifest, type StaticManifest } from "../gateway/index.ts";
import type { Paths } from "../state/paths.ts";
import { expandPath } from "./settings.ts";
import type { LiveConfig } from "./live-config.ts";

/** `dist/ui`, beside the bundle or, when run from source, where the last build left it. */
function uiFolder(): string {
  const candidates = ["./ui/", "../../dist/ui/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = candidates.find((path) => existsSync(path));
  if (found) return found;
  throw new UserError("UI_MISSING", `the files of the control page are missing (${candidates[0]})`, {
    hint: "install the package again, or in a checkout: npm run build",
  });
}

const maxForeignFiles = 5000;
const maxForeignBytes = 64 * 1024 * 1024;

/**
 * The files of the control page: of this build, or of the folder that `gateway.controlUi.root` names.
 * @throws UserError UI_ROOT_INVALID, UI_MISSING
 */
export function controlPage(config: OpenClawConfig, paths: Paths): StaticManifest {
  const { root } = config.gateway.controlUi;
  if (root === "") return loadStaticManifest(uiFolder());
  const folder = expandPath(root, paths);
  const invalid = (why: string) =>
    new UserError("UI_ROOT_INVALID", `gateway.controlUi.root ${JSON.stringify(root)} ${why}`, {
      hint: "name the folder of a built control page, or: openclaw config unset gateway.controlUi.root",
    });
  if (!existsSync(join(folder, "index.html"))) throw invalid("holds no index.html");
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  if (entries.length > maxForeignFiles) throw invalid(`holds more than ${maxForeignFiles} files`);
  const sizes = entries.map((entry) =>
    entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0,
  );
  if (sizes.reduce((sum, size) => sum + size, 0) > maxForeignBytes) throw invalid("is larger than 64 MB");
  return loadStaticManifest(folder);
}

/** The ready-to-open address goes to the person at the terminal, never to a log. */
export function announce(live: LiveConfig, at: { base: string; newcomer: boolean }): void {
  const { auth } = live.config().gateway;
  // Who is new here begins with the page that asks what there is to choose.
  const base = at.newcomer ? `${at.base}setup` : at.base;
  const url = auth.mode === "token" && auth.token ? `${base}?token=${auth.token}` : base;
  process.stdout.write(`\n  Dashboard: ${url}\n  Stop with Ctrl-C.\n\n`);
}
