import { readFileSync } from "node:fs";
import { codeOf, messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { Fields } from "./source.ts";

/** A value in a column or file of the old installation; null when it is damaged, which whoever asks counts as left. */
export function parse(text: unknown): unknown {
  if (typeof text !== "string") return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A JSON object of the old installation, or null with a warning. */
export function readObject(path: string, shown: string, warnings: string[]): Fields | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isObject(value)) return value;
    warnings.push(`${shown} does not hold a JSON object and is left`);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    warnings.push(`${shown} cannot be read and is left: ${messageOf(error).slice(0, 120)}`);
  }
  return null;
}
