import { UserError } from "../core/errors.ts";

const form = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:-([0-9A-Za-z.-]{1,60}))?$/;

export const isVersion = (text: string): boolean => form.test(text);

/** @throws UserError UPDATE_VERSION for what is no version: it becomes the name of a folder. */
export function checkVersion(text: string): string {
  if (isVersion(text)) return text;
  throw new UserError("UPDATE_VERSION", `${JSON.stringify(text.slice(0, 80))} is not a version`, {
    hint: "openclaw update --tag 2026.11.21",
  });
}

/** Negative when `a` is older than `b`, as semver orders them. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [form.exec(a), form.exec(b)];
  if (!left || !right) return 0;
  for (const index of [1, 2, 3]) {
    const difference = Number(left[index]) - Number(right[index]);
    if (difference !== 0) return difference;
  }
  const [before, after] = [left[4], right[4]];
  if (before === after) return 0;
  // A version without a suffix is the finished one.
  if (before === undefined) return 1;
  if (after === undefined) return -1;
  return compareSuffixes(before.split("."), after.split("."));
}

function compareSuffixes(left: readonly string[], right: readonly string[]): number {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [a, b] = [left[index], right[index]];
    if (a === undefined) return -1;
    if (b === undefined) return 1;
    if (a === b) continue;
    const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
    if (isNumberA && isNumberB) return Number(a) - Number(b);
    if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
    return a < b ? -1 : 1;
  }
  return 0;
}
