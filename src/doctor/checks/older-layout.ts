import { join } from "node:path";
import { eraOf } from "../../migrate/detect.ts";
import { listReceipts } from "../../migrate/receipts.ts";
import type { Check } from "../contract.ts";
import { shellWord } from "../disk.ts";

/**
 * DOC-012: sessions, agent folders, logins and channel state of older programs. What `migrate` has carried over stays
 * where it was, so a receipt settles it.
 */
export const olderLayout: Check = {
  id: "older-layout",
  title: "An older installation was not migrated",
  severity: "warning",
  surface: "doctor",
  mends: "by `openclaw migrate apply`, which copies and can be undone; its plan first",
  dependsOn: ["state-dir"],
  inspect({ paths }) {
    const carried = new Set(
      listReceipts(paths)
        .filter(({ state }) => state === "applied")
        .map(({ from }) => from.dir),
    );
    return [paths.stateDir, join(paths.home, ".clawdbot"), join(paths.home, ".moltbot")].flatMap((dir) => {
      const era = carried.has(dir) ? null : eraOf(dir);
      if (era === null) return [];
      const from = dir === paths.stateDir ? "" : ` --from ${shellWord(dir)}`;
      return [
        {
          evidence: `${dir} holds state of an older program (${era === "sqlite" ? "its database" : "its files"}) that this one does not use`,
          fix: `openclaw migrate plan${from}, then: openclaw migrate apply${from}`,
          undo: "openclaw migrate undo",
        },
      ];
    });
  },
};
