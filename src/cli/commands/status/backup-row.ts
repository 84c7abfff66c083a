import { readBackupRecord } from "../../../state/index.ts";
import type { CommandContext } from "../../contract.ts";
import { ago } from "../../format.ts";

/** How the scheduled backups stand, read from disk: it counts when the gateway is down too. No row without a schedule. */
export function backupRows({ paths, clock, out }: CommandContext): Array<[string, string]> {
  const record = readBackupRecord(paths.stateDir);
  if (record === null) return [];
  const { last, failure, schedule, staleAt } = record;
  const now = clock.now();
  const made = last ? `last ${ago(last.at, now)}` : "none yet";
  const { red, yellow } = out.style;
  if (failure)
    return [["Backup", red(`${schedule}, ${made}; failed ${ago(failure.at, now)}: ${failure.message}`)]];
  const late = now > staleAt;
  return [
    [
      "Backup",
      late ? yellow(`${schedule}, ${made}; overdue: openclaw backup schedule`) : `${schedule}, ${made}`,
    ],
  ];
}
