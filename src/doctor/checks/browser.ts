import { findBrowser, installHint } from "../../browser/find.ts";
import type { Check } from "../contract.ts";
import { rule, type Violation } from "./audit-rule.ts";

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

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** What pages in the agent's browser may reach, and with whose rights it runs. */
export const browserReach: Check = rule({
  id: "browser-reach",
  title: "Pages in the agent's browser may reach too much",
  severity: "warning",
  mends: "by hand: take the origin out, or let the gateway run as an ordinary user",
  find({ config, machine }) {
    const { browser, gateway } = config.config;
    if (!browser.enabled) return [];
    const found: Violation[] = [];
    for (const origin of browser.allowPrivateOrigins) {
      const url = URL.canParse(origin) ? new URL(origin) : null;
      if (!url || !loopback.test(url.hostname)) continue;
      const own = [gateway.port, browser.controlPort].includes(Number(url.port));
      found.push({
        evidence: `browser.allowPrivateOrigins has ${origin}: every page may ask ${own ? "this gateway" : "what listens there"}`,
        fix: "openclaw config edit",
        severity: own ? "critical" : "info",
      });
    }
    if (browser.noSandbox && machine.uid === 0) {
      found.push({
        evidence:
          "browser.noSandbox is true and the gateway runs as root: a hole in the browser is one in root's account",
        fix: "run the gateway as an ordinary user, then: openclaw config unset browser.noSandbox",
      });
    }
    return found;
  },
});
