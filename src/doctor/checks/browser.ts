import { findBrowser, installHint } from "../../browser/find.ts";
import type { Check } from "../contract.ts";

/** `browser.enabled` without a program to start, or with one that will not (UI-006). */
export const browserProgram: Check = {
  id: "browser-program",
  title: "The browser tool has no browser it can start",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: install one, or name it",
  dependsOn: ["config-invalid"],
  inspect({ config, machine }) {
    const { enabled, executablePath, noSandbox } = config.config.browser;
    if (!enabled) return [];
    const { platform } = machine;
    if (findBrowser(executablePath, { platform }) === null) {
      return [
        {
          evidence: executablePath
            ? `browser.executablePath ${JSON.stringify(executablePath)} is no program`
            : "browser.enabled is true, and no Chromium, Chrome, Edge or Brave is installed",
          fix: executablePath ? "openclaw config unset browser.executablePath" : installHint(platform),
        },
      ];
    }
    if (machine.uid !== 0 || noSandbox) return [];
    return [
      {
        evidence: "the gateway runs as root, and a browser refuses its own sandbox there",
        fix: "run the gateway as an ordinary user, or: openclaw config set browser.noSandbox true",
        undo: "openclaw config set browser.noSandbox false",
      },
    ];
  },
};
