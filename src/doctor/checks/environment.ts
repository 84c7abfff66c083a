import { isAbsolute, join } from "node:path";
import { findBinary, systemPath } from "../../guard/index.ts";
import { listLogFiles, logPlace } from "../../observability/index.ts";
import type { Check } from "../contract.ts";
import { look } from "../disk.ts";

/** DOC-014 */
export const sandboxBackend: Check = {
  id: "sandbox-backend",
  title: "The sandbox cannot be built",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: install the program, or choose another backend",
  dependsOn: ["config-invalid"],
  inspect({ config, env }) {
    const { mode, backend } = config.config.agents.defaults.sandbox;
    if (mode === "off") return [];
    const folders = [...(env["PATH"] ?? "").split(":").filter(isAbsolute), ...systemPath];
    const names = {
      auto: ["bwrap", "docker", "podman"],
      bubblewrap: ["bwrap"],
      docker: ["docker"],
      podman: ["podman"],
    };
    if (names[backend].some((name) => findBinary(name, folders))) return [];
    return [
      {
        evidence: `agents.defaults.sandbox.mode is ${mode}, and there is no ${names[backend].join(" or ")}: tools of sandboxed sessions will fail`,
        fix: "install bubblewrap (bwrap), or openclaw config set agents.defaults.sandbox.backend docker",
        undo: `openclaw config set agents.defaults.sandbox.backend ${backend}`,
      },
    ];
  },
};

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
