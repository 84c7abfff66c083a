import { newerThan } from "../../update/last-check.ts";
import type { Check } from "../contract.ts";

/** DOC-008: what the last look for updates found. The doctor itself asks no registry. */
export const updateAvailable: Check = {
  id: "update-available",
  title: "A newer version is published",
  severity: "info",
  surface: "doctor",
  mends: "by `openclaw update`, which can be rolled back",
  inspect({ paths, version, clock }) {
    const newer = newerThan(version, paths.stateDir);
    if (newer === null) return [];
    const days = Math.max(0, Math.floor((clock.now() - newer.at) / 86_400_000));
    return [
      {
        evidence: `${newer.latest} was published when it was last looked for, ${days === 0 ? "today" : days === 1 ? "yesterday" : `${days} days ago`}; this is ${version}`,
        fix: "openclaw update, before anything else is repaired",
        undo: "openclaw update rollback",
      },
    ];
  },
};
