import { isAbsolute, relative, sep } from "node:path";
import { UserError } from "../core/errors.ts";

const maxNameLength = 4096;
const maxSegmentBytes = 255;

function refuse(
  name: string,
  why: string,
  hint = "give a path relative to the workspace, such as `notes/todo.md`",
) {
  return new UserError("PATH_INVALID", `path ${JSON.stringify(name.slice(0, 200))} ${why}`, { hint });
}

/** Whether `path` is `root` or lies below it. Both absolute and already real: this compares, it does not resolve. */
export function isInside(root: string, path: string): boolean {
  const rest = relative(root, path);
  return rest === "" || (rest.split(sep)[0] !== ".." && !isAbsolute(rest));
}

/**
 * Splits a name from outside into the segments below a root (threats.md section 3, `RootFs`). Absolute names count
 * only when they textually lie under one of `roots` (the real path of the root and the path it was configured by).
 * @throws UserError PATH_INVALID, PATH_OUTSIDE_ROOT
 */
export function parseName(name: string, roots: readonly string[]): string[] {
  if (name.length > maxNameLength) throw refuse(name, `is longer than ${maxNameLength} characters`);
  if (/[\u0000-\u001f\u007f]/.test(name)) throw refuse(name, "contains control characters");
  if (!name.isWellFormed() || name !== name.normalize("NFC")) {
    throw refuse(name, "is not in Unicode normal form NFC", "write the name with composed characters (NFC)");
  }
  if (name.includes("\\")) throw refuse(name, "contains a backslash", "separate folders with `/`");
  if (name.startsWith("~")) throw refuse(name, "begins with `~`, which is not expanded here");
  if (name.startsWith("@/")) throw refuse(name, "begins with `@/`, which is not a folder");
  if (name.startsWith("//")) throw refuse(name, "is a network path");
  if (
    /^[a-zA-Z]:/.test(name) ||
    /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//.test(name) ||
    /^(?:file|data):/i.test(name)
  ) {
    throw refuse(name, "is a URL or a drive path, not a file name");
  }
  let rest = name;
  if (name.startsWith("/")) {
    const root = roots.find((candidate) => name === candidate || name.startsWith(`${candidate}/`));
    if (root === undefined) {
      throw new UserError(
        "PATH_OUTSIDE_ROOT",
        `path ${JSON.stringify(name.slice(0, 200))} is outside the workspace`,
        {
          hint: "only files inside the workspace can be reached; use a relative path",
        },
      );
    }
    rest = name.slice(root.length);
  }
  const segments = rest.split("/").filter((segment) => segment !== "" && segment !== ".");
  for (const segment of segments) {
    if (segment === "..")
      throw refuse(name, "contains `..`", "spell the path out from the top of the workspace");
    if (Buffer.byteLength(segment) > maxSegmentBytes) throw refuse(name, "has a name longer than 255 bytes");
  }
  return segments;
}
