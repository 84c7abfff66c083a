import { isAbsolute } from "node:path";
import { accessSync, constants } from "node:fs";
import { UserError } from "../core/errors.ts";
import { findBinary, systemPath } from "../guard/index.ts";

const names = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
  "microsoft-edge-stable",
  "brave-browser",
  "brave",
];

const places: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Brave Browser.app/Contents/MacOS/Brave Browser",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
    "C:\\Program Files\\Microsoft\\Edge\\Application\\msedge.exe",
    "C:\\Program Files\\BraveSoftware\\Brave-Browser\\Application\\brave.exe",
  ],
};

/**
 * The Chromium, Chrome, Edge or Brave to start: the configured one, or the first of the usual places; null when there
 * is none. Only places an administrator writes to are looked at.
 */
export function findBrowser(
  configured: string | undefined,
  machine: { platform: NodeJS.Platform; folders?: readonly string[] } = { platform: process.platform },
): string | null {
  if (configured !== undefined && configured !== "") return runnable(configured) ? configured : null;
  const known = (places[machine.platform] ?? []).find(runnable);
  if (known !== undefined) return known;
  if (machine.platform === "win32") return null;
  for (const name of names) {
    const found = findBinary(name, [...(machine.folders ?? systemPath), "/snap/bin"]);
    if (found) return found;
  }
  return null;
}

/** @throws UserError BROWSER_NOT_FOUND naming what to install or to configure. */
export function requireBrowser(configured: string | undefined): string {
  const found = findBrowser(configured);
  if (found !== null) return found;
  throw configured
    ? new UserError(
        "BROWSER_NOT_FOUND",
        `browser.executablePath ${JSON.stringify(configured)} is no program`,
        {
          hint: "openclaw config unset browser.executablePath",
        },
      )
    : new UserError("BROWSER_NOT_FOUND", "no browser found: Chromium, Chrome, Edge or Brave is needed", {
        hint: installHint(process.platform),
      });
}

export function installHint(platform: NodeJS.Platform): string {
  if (platform === "linux")
    return "apt-get install chromium, or: openclaw config set browser.executablePath /path/to/it";
  return "install Chrome, or: openclaw config set browser.executablePath /path/to/it";
}

function runnable(path: string): boolean {
  if (!isAbsolute(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there or not ours to run.
    return false;
  }
}
