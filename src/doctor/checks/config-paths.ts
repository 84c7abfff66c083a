import { parsePath } from "../../config/index.ts";
import { OpenClawError } from "../../core/errors.ts";

/** Segments of a path in an issue; none for the file as a whole or a name no path can be written for. */
export function parseConfigPath(path: string): string[] {
  if (path === "") return [];
  try {
    return parsePath(path);
  } catch (error) {
    if (error instanceof OpenClawError) return [];
    throw error;
  }
}
