import { open, readFile, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { CommandContext } from "./contract.ts";
import { parseLogLine, renderLogLine } from "./log-lines.ts";
import { setting } from "./target.ts";

/** What the gateway last wrote down about itself (`<state>/status.json`). */
export interface StatusPage {
  /** Epoch milliseconds. */
  at: number;
  status: Record<string, unknown>;
  health: Record<string, unknown>;
}

/** The last status page, or null when there is none or it cannot be read. */
export async function lastStatusPage({ paths }: CommandContext): Promise<StatusPage | null> {
  let page: unknown;
  try {
    page = JSON.parse(await readFile(paths.statusPath, "utf8"));
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

/** The newest daily log file (CONF-13: `logging.file` of the configuration, else the log directory), or null. */
export async function newestLogFile(context: CommandContext): Promise<string | null> {
  const { folder, pattern } = await logPlace(context);
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
  const newest = names
    .filter((name) => pattern.test(name))
    .sort()
    .at(-1);
  return newest === undefined ? null : join(folder, newest);
}

async function logPlace(context: CommandContext): Promise<{ folder: string; pattern: RegExp }> {
  const { paths } = context;
  const configured = setting((await context.openConfig()).read().config, "logging.file");
  if (typeof configured !== "string" || !configured)
    return { folder: paths.logsDir, pattern: /^openclaw-\d{4}-\d\d-\d\d\.log$/ };
  const file = configured.startsWith("~/") ? join(paths.home, configured.slice(2)) : configured;
  const name = basename(file)
    .split("{date}")
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
    .join("\\d{4}-\\d\\d-\\d\\d");
  return { folder: dirname(file), pattern: new RegExp(`^${name}$`) };
}

const tailBytes = 200_000;

/** The last lines of the log as people read them, without asking the gateway. */
export async function logTail(context: CommandContext, lines: number): Promise<string[]> {
  return (await rawTail(context)).slice(-lines).map((line) => renderLogLine(line));
}

/** The newest error in the log (LOG-011), or null. */
export async function lastGatewayError(context: CommandContext): Promise<string | null> {
  const line = (await rawTail(context)).findLast((text) =>
    /^(?:error|fatal)$/.test(parseLogLine(text)?.level ?? ""),
  );
  return line === undefined ? null : renderLogLine(line);
}

async function rawTail(context: CommandContext): Promise<string[]> {
  const path = await newestLogFile(context);
  if (path === null) return [];
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
    // The first line is cut when the file is longer than what was read.
    return lines.slice(from > 0 ? 1 : 0).filter((line) => line !== "");
  } finally {
    await file.close();
  }
}
