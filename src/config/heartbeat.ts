import { parseDuration } from "../core/duration.ts";
import type { ConfigIssue } from "./contract.ts";
import type { OpenClawConfig } from "./schema/index.ts";

/** A shorter interval would be a loop that spends money. */
const shortestMs = 10_000;
const longestMs = 365 * 86_400_000;

/** `heartbeat.every` in milliseconds; 0 switches it off, null is no interval. A bare number counts minutes. */
export function heartbeatEveryMs(every: string): number | null {
  const word = every.trim().toLowerCase();
  if (/^0+(?:ms|[smhd])?$/.test(word)) return 0;
  const ms = parseDuration(/^\d+$/.test(word) ? `${word}m` : word);
  return ms === null || ms < shortestMs || ms > longestMs ? null : ms;
}

/** Minutes after midnight of `HH:MM`, with `24:00` for the end of the day; null when it is no such time. */
export function minuteOfDay(time: string): number | null {
  const match = /^(\d{1,2}):(\d{2})$/.exec(time.trim());
  if (!match) return null;
  const [hours, minutes] = [Number(match[1]), Number(match[2])];
  const total = hours * 60 + minutes;
  return minutes < 60 && total <= 1440 ? total : null;
}

/** An IANA name, or undefined for `user` and `local`, which mean the zone that is set for prompts. */
export function heartbeatZone(timezone: string | undefined): string | undefined {
  const name = timezone?.trim();
  return !name || name === "user" || name === "local" ? undefined : name;
}

type Block = Partial<NonNullable<OpenClawConfig["agents"]["list"][number]["heartbeat"]>>;

/** What of the heartbeat's settings cannot be meant: it would silently never beat, or at the wrong time. */
export function heartbeatIssues({ agents }: OpenClawConfig): ConfigIssue[] {
  const places: Array<[path: string, block: Block | undefined]> = [
    ["agents.defaults.heartbeat", agents.defaults.heartbeat],
    ...agents.list.map(({ heartbeat }, index): [string, Block | undefined] => [
      `agents.list[${index}].heartbeat`,
      heartbeat,
    ]),
  ];
  return places.flatMap(([path, block]) => (block === undefined ? [] : issuesOf(path, block)));
}

function issuesOf(path: string, { every, activeHours }: Block): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  if (every !== undefined && heartbeatEveryMs(every) === null)
    issues.push({
      path: `${path}.every`,
      message: `expected a time from 10s to 365d such as 30m or 2h (0m switches it off), got ${quoted(every)}`,
    });
  if (activeHours === undefined) return issues;
  const { start, end, timezone } = activeHours;
  for (const [name, time] of [
    ["start", start],
    ["end", end],
  ] as const)
    if (minuteOfDay(time) === null)
      issues.push({
        path: `${path}.activeHours.${name}`,
        message: `expected a time of day from 00:00 to 24:00 such as 08:00, got ${quoted(time)}`,
      });
  if (issues.length === 0 && minuteOfDay(start) === minuteOfDay(end))
    issues.push({
      path: `${path}.activeHours`,
      message: `start and end are both ${quoted(start)}: leave activeHours out for the whole day`,
    });
  const zone = heartbeatZone(timezone);
  if (zone !== undefined && !isZone(zone))
    issues.push({
      path: `${path}.activeHours.timezone`,
      message: `expected an IANA time zone such as Europe/Berlin, got ${quoted(zone)}`,
    });
  return issues;
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false; // the one way to ask
  }
}

const quoted = (value: string): string => JSON.stringify(value.slice(0, 80));
