import { join } from "node:path";
import { inspectConfig } from "../../config/index.ts";
import type { Check, CheckContext, Found, Step } from "../contract.ts";
import { bytesOf, entries } from "../disk.ts";
import { parseConfigPath } from "./config-paths.ts";

/** CFG-006, HID-023: what is wrong, and with --force the wrong values go (or the last accepted text comes back). */
export const configInvalid: Check = {
  id: "config-invalid",
  title: "Configuration is not valid",
  severity: "critical",
  surface: "doctor",
  mends: "`--force` removes the wrong values, or brings the last accepted file back when it cannot be parsed",
  inspect(context) {
    const { config, paths } = context;
    if (config.valid && config.issues.length === 0) return [];
    const evidence = config.issues
      .map(({ path, message }) => (path ? `${path}: ${message}` : message))
      .join("; ");
    const unreadable = config.issues.some(({ path }) => path === "");
    const repair = unreadable ? fromHistory(context) : removeWrong(context);
    return [
      {
        evidence: `${paths.configPath}: ${evidence}`,
        fix: repair ? "openclaw config edit, or openclaw doctor --repair --force" : "openclaw config edit",
        ...repair,
      },
    ];
  },
};

function removeWrong({ config }: CheckContext): Pick<Found, "repair"> | null {
  const steps = config.issues.flatMap(({ path }): Step[] => {
    const segments = parseConfigPath(path);
    return segments.length > 0 ? [{ kind: "config-unset", path: segments }] : [];
  });
  return steps.length > 0 ? { repair: { level: "forced", tick: "config repaired", steps } } : null;
}

/** The newest revision that is valid today. */
function fromHistory({ paths, env, config }: CheckContext): Pick<Found, "repair"> | null {
  if (config.parsed !== null || config.raw === null) return null;
  const lines = bytesOf(join(paths.configHistoryDir, "index.jsonl"))?.toString("utf8").split("\n") ?? [];
  const known = new Set(entries(paths.configHistoryDir).map(({ name }) => name));
  for (const line of lines.toReversed()) {
    const hash = /"hash":"([0-9a-f]{64})"/.exec(line)?.[1];
    if (hash === undefined || !known.has(`${hash}.json5`)) continue;
    const bytes = bytesOf(join(paths.configHistoryDir, `${hash}.json5`));
    if (!bytes || !inspectConfig({ paths, env, dotenv: {}, raw: bytes.toString("utf8") }).valid) continue;
    return {
      repair: {
        level: "forced",
        tick: "config brought back",
        steps: [{ kind: "write", path: paths.configPath, bytes, mode: 0o600 }],
      },
    };
  }
  return null;
}
