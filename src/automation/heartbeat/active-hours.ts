import type { HeartbeatSettings } from "./contract.ts";

const minuteMs = 60_000;
const dayMinutes = 1440;
/** No clock is put forward by more. */
const longestShift = 120;

/**
 * The first moment from `at` on that lies within the active hours (epoch milliseconds). A day in which the clock is put
 * forward or back counts by its own minutes.
 */
export function firstActive(at: number, hours: HeartbeatSettings["activeHours"], zone?: string): number {
  if (hours === null) return at;
  const timezone = hours.timezone ?? zone;
  let moment = at;
  for (let round = 0; round < 4 && !isActive(minuteAt(moment, timezone), hours); round++) {
    const wait = (hours.start - minuteAt(moment, timezone) + dayMinutes) % dayMinutes;
    const next = moment - (moment % minuteMs) + Math.max(1, wait) * minuteMs;
    // Where an hour was skipped on the way the leap went too far; where one came twice another round is needed.
    const over = minuteAt(next, timezone) - hours.start;
    moment = over > 0 && over <= longestShift ? Math.max(at, next - over * minuteMs) : next;
  }
  return moment;
}

/** Whether a minute of the day lies within the hours; `end` itself does not. */
export function isActive(
  minute: number,
  { start, end }: NonNullable<HeartbeatSettings["activeHours"]>,
): boolean {
  return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
}

/** Minutes after midnight there. */
function minuteAt(at: number, timeZone: string | undefined): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(timeZone === undefined ? {} : { timeZone }),
  }).formatToParts(at);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return of("hour") * 60 + of("minute");
}

/** As a person reads it: `08:00–24:00 Europe/Berlin`. */
export function hoursText(hours: HeartbeatSettings["activeHours"]): string | null {
  if (hours === null) return null;
  const time = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  return [`${time(hours.start)}–${time(hours.end)}`, hours.timezone].filter(Boolean).join(" ");
}
