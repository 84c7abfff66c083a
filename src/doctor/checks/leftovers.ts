import { join } from "node:path";
import { isProcessAlive } from "../../state/index.ts";
import type { Check, Step } from "../contract.ts";
import { agentFolders, filesIn } from "../disk.ts";

const lock = /[/\\]gateway\.(\d{1,10})\.lock$/;
const temporary = /[/\\]\..+\.(\d+)\.[0-9a-f]+\.tmp$/;

/** STATE-021: what killed processes left behind. */
export const leftovers: Check = {
  id: "leftovers",
  title: "Files left by processes that ended",
  severity: "info",
  surface: "doctor",
  mends: "removed, also by `--non-interactive`",
  dependsOn: ["state-dir"],
  inspect({ paths }) {
    const folders = [
      paths.stateDir,
      paths.credentialsDir,
      paths.devicesDir,
      paths.configHistoryDir,
      ...agentFolders(paths.agentsDir).flatMap((id) => [
        join(paths.agentsDir, id),
        join(paths.agentsDir, id, "agent"),
        join(paths.agentsDir, id, "sessions"),
      ]),
    ];
    const dead = folders.flatMap(filesIn).filter((path) => {
      const pid = Number(lock.exec(path)?.[1] ?? temporary.exec(path)?.[1] ?? Number.NaN);
      return !Number.isNaN(pid) && !isProcessAlive(pid);
    });
    if (dead.length === 0) return [];
    return [
      {
        evidence: dead.join(", "),
        fix: "openclaw doctor --repair",
        repair: {
          level: "safe",
          tick: "leftovers removed",
          steps: dead.map((path): Step => ({ kind: "delete", path })),
        },
      },
    ];
  },
};
