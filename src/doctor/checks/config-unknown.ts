import type { Check, Step } from "../contract.ts";
import { parseConfigPath } from "./config-paths.ts";

const isUnknown = (message: string): boolean => message.startsWith("unknown key");

/** DOC-025, HID-023: a typo or another version's key; it has no effect, and only --force gives it up. */
export const configUnknown: Check = {
  id: "config-unknown",
  title: "Unknown keys in the configuration",
  severity: "warning",
  surface: "doctor",
  mends: "`--force` removes them; a typo is better mended by hand",
  inspect({ config }) {
    const unknown = config.warnings.filter(({ message }) => isUnknown(message));
    if (unknown.length === 0) return [];
    const steps = unknown.map(({ path }): Step => ({ kind: "config-unset", path: parseConfigPath(path) }));
    return [
      {
        evidence: unknown.map(({ path, message }) => `${path}: ${message}`).join("; "),
        fix: "openclaw config edit, or remove them: openclaw doctor --repair --force",
        repair: { level: "forced", tick: "unknown keys removed", steps },
      },
    ];
  },
};

/** Variables that are not set, and keys that do nothing in this version. */
export const configWarnings: Check = {
  id: "config-warnings",
  title: "Values in the configuration without effect",
  severity: "info",
  surface: "doctor",
  mends: "by hand: set the variable, or unset the key",
  inspect: ({ config }) =>
    config.warnings
      .filter(({ message }) => !isUnknown(message))
      .map(({ path, message }) => ({
        severity: /variable/.test(message) ? ("warning" as const) : ("info" as const),
        evidence: `${path}: ${message}`,
        fix: /variable/.test(message)
          ? "add it to .env in the state directory"
          : `openclaw config unset ${path}`,
      })),
};
