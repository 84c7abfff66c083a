import { join } from "node:path";
import { listLogFiles, logPlace } from "../../observability/index.ts";
import type { Check } from "../contract.ts";
import { look } from "../disk.ts";

const gib = 1024 ** 3;

/** LOG, STATE-036 */
export const logSize: Check = {
  id: "log-size",
  title: "Logs are kept without end",
  severity: "info",
  surface: "doctor",
  mends: "by hand: a number of days",
  dependsOn: ["state-dir", "config-invalid"],
  inspect({ config, paths }) {
    const { retainDays, file } = config.config.logging;
    const place = logPlace(file ?? join(paths.logsDir, "openclaw-{date}.log"));
    const bytes = listLogFiles(place).reduce((sum, each) => sum + (look(each.path)?.size ?? 0), 0);
    if (retainDays !== 0 && bytes < gib) return [];
    return [
      {
        evidence: `${place.folder} holds ${Math.round(bytes / 1024 ** 2)} MB; logging.retainDays is ${retainDays}`,
        fix: `openclaw config set logging.retainDays ${retainDays === 0 ? 14 : Math.max(1, Math.floor(retainDays / 2))}`,
        undo: `openclaw config set logging.retainDays ${retainDays}`,
      },
    ];
  },
};
