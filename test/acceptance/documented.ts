import { readFileSync } from "node:fs";
import type { Documented } from "./types.ts";

/** What extract.ts found in the documents. */
export function documented(): Documented {
  return JSON.parse(readFileSync(new URL("documented.json", import.meta.url), "utf8")) as Documented;
}
