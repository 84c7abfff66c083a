import { statSync } from "node:fs";

/** Changes when the file does (replaced, written or removed): tells without reading it whether it must be read again. */
export function fileStamp(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.ino}:${stat.mtimeMs}:${stat.size}` : "none";
}
