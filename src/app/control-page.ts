import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UserError } from "../core/errors.ts";
import type { LiveConfig } from "./live-config.ts";

/** `dist/ui`, beside the bundle or, when run from source, where the last build left it. */
export function uiFolder(): string {
  const candidates = ["./ui/", "../../dist/ui/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = candidates.find((path) => existsSync(path));
  if (found) return found;
  throw new UserError("UI_MISSING", `the files of the control page are missing (${candidates[0]})`, {
    hint: "install the package again, or in a checkout: npm run build",
  });
}

/** The ready-to-open address goes to the person at the terminal, never to a log. */
export function announce(live: LiveConfig, at: { base: string; newcomer: boolean }): void {
  const { auth } = live.config().gateway;
  // Who is new here begins with the page that asks what there is to choose.
  const base = at.newcomer ? `${at.base}setup` : at.base;
  const url = auth.mode === "token" && auth.token ? `${base}?token=${auth.token}` : base;
  process.stdout.write(`\n  Dashboard: ${url}\n  Stop with Ctrl-C.\n\n`);
}
