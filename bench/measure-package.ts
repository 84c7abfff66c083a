// What npm would pack: the sizes a user downloads and gets on disk, without optional dependencies.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Row } from "./row.ts";

/** Packed and unpacked size of the package in MB (2^20 bytes), from `npm pack --dry-run`. */
export async function measurePackage(): Promise<Row[]> {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [packed] = JSON.parse(output) as Array<{ size: number; unpackedSize: number }>;
  if (!packed) throw new Error("npm pack named no package");
  const megabytes = (bytes: number) => bytes / 1024 / 1024;
  return [
    { what: "package, packed", value: megabytes(packed.size), unit: "MB", target: 2 },
    { what: "package, unpacked", value: megabytes(packed.unpackedSize), unit: "MB", target: 5 },
  ];
}
