import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Names of log files. A day's current file is `openclaw-2026-11-21.log`; when it grows too large it is renamed to
 * `openclaw-2026-11-21.1.log` (then `.2.log`, …) and begun anew, so that the plain name is always the newest.
 */
export interface LogPlace {
  folder: string;
  /** File name with `{date}` for the day; a name without it is one file for ever. */
  template: string;
}

export interface LogFile {
  path: string;
  /** `YYYY-MM-DD`, or "" for a template without `{date}`. */
  day: string;
  /** Counts the files of a day from 0; the current file has the highest. */
  part: number;
}

export function logPlace(template: string): LogPlace {
  return { folder: dirname(template), template: basename(template) };
}

/** The local calendar day. */
function dayOf(now: number): string {
  const date = new Date(now);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function currentPath(place: LogPlace, now: number): string {
  return join(place.folder, place.template.replace("{date}", dayOf(now)));
}

/** Every file of the log, oldest first. */
export function listLogFiles(place: LogPlace): LogFile[] {
  let names: string[];
  try {
    names = readdirSync(place.folder);
  } catch {
    return []; // No folder yet: no log yet.
  }
  const dot = place.template.lastIndexOf(".");
  const [stem, extension] =
    dot > 0 ? [place.template.slice(0, dot), place.template.slice(dot)] : [place.template, ""];
  const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = new RegExp(
    `^${escaped(stem).replace("\\{date\\}", "(?<day>\\d{4}-\\d\\d-\\d\\d)")}(?:\\.(?<part>\\d{1,3}))?${escaped(extension)}$`,
  );
  const found = names.flatMap((name) => {
    const match = pattern.exec(name);
    return match
      ? [
          {
            path: join(place.folder, name),
            day: match.groups?.["day"] ?? "",
            rotated: match.groups?.["part"],
          },
        ]
      : [];
  });
  const last = new Map<string, number>();
  for (const file of found) last.set(file.day, Math.max(last.get(file.day) ?? 0, Number(file.rotated ?? 0)));
  return found
    .map(({ path, day, rotated }) => ({
      path,
      day,
      part: rotated === undefined ? (last.get(day) ?? 0) : Number(rotated) - 1,
    }))
    .sort((a, b) => (a.day === b.day ? a.part - b.part : a.day < b.day ? -1 : 1));
}

/** Where the current file goes when it is full. */
export function rotatedPath(place: LogPlace, current: string): string {
  const day = listLogFiles(place).find((file) => file.path === current);
  const dot = current.lastIndexOf(".");
  const [stem, extension] =
    dot > current.lastIndexOf("/") + 1 ? [current.slice(0, dot), current.slice(dot)] : [current, ""];
  return `${stem}.${(day?.part ?? 0) + 1}${extension}`;
}
