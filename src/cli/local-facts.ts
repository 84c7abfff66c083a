import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../core/json.ts";
import type { CommandContext } from "./contract.ts";
import { parseLogLine, renderLogLine } from "./log-lines.ts";
import { knownSecrets, setting } from "./target.ts";

/** What the gateway last wrote down about itself (`<state>/status.json`). */
export interface StatusPage {
  /** Epoch milliseconds. */
  at: number;
  status: Record<string, unknown>;
  health: Record<string, unknown>;
}

/** The last status page, or null when there is none or it cannot be read. */
export function lastStatusPage({ paths }: CommandContext): StatusPage | null {
  let page: unknown;
  try {
    page = JSON.parse(readFileSync(paths.statusPath, "utf8"));
  } catch {
    // Missing or torn: `status` then says less, which is all that can be done about it.
    return null;
  }
  if (!isObject(page)) return null;
  const at = [page.at, page.writtenAt, page.ts].find((value) => typeof value === "number");
  if (at === undefined) return null;
  return {
    at,
    status: isObject(page.status) ? page.status : page,
    health: isObject(page.health) ? page.health : page,
  };
}

/** The newest file of the gateway's log (CONF-13: `logging.file`, else the log directory), or null. */
export async function newestLogFile(context: CommandContext): Promise<string | null> {
  const { listLogFiles } = await import("../observability/index.ts");
  return listLogFiles(await placeOfLog(context)).at(-1)?.path ?? null;
}

/** The last lines of the log as people read them, without asking the gateway. */
export async function logTail(context: CommandContext, lines: number): Promise<string[]> {
  const { createRedactor } = await import("../observability/index.ts");
  const { config } = await context.settings();
  // The log is redacted when it is written; this output is made to be shared, so what we know is hidden once more.
  const redactor = createRedactor({ secrets: () => knownSecrets(context.env, config), patterns: [] });
  return (await rawLogTail(context, lines)).map((line) => redactor.text(renderLogLine(line)));
}

/** The newest error in the log (LOG-011), or null. */
export async function lastGatewayError(context: CommandContext): Promise<string | null> {
  const line = (await rawLogTail(context, 2000)).findLast((text) =>
    /^(?:error|fatal)$/.test(parseLogLine(text)?.level ?? ""),
  );
  return line === undefined ? null : renderLogLine(line);
}

/** The last lines of the log as they lie in the file. */
export async function rawLogTail(context: CommandContext, limit: number): Promise<string[]> {
  const { tailLog } = await import("../observability/index.ts");
  return tailLog(await placeOfLog(context), { limit }).lines;
}

async function placeOfLog(context: CommandContext) {
  const { logPlace } = await import("../observability/index.ts");
  const { expandHome } = await import("../state/index.ts");
  const { paths } = context;
  const configured = setting((await context.settings()).config, "logging.file");
  return logPlace(
    typeof configured === "string" && configured
      ? expandHome(configured, paths.home)
      : join(paths.logsDir, "openclaw-{date}.log"),
  );
}
