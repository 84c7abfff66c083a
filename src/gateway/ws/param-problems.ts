import type { z } from "zod";
import { isObject } from "../../core/json.ts";

type Issue = z.core.$ZodIssue;
const maxProblems = 20;

/**
 * What is wrong with parameters, in the words existing clients know (protocol.md, "Error codes"), joined by `; `:
 * `must have required property 'x'`, `at root: unexpected property 'x'`, `at /path: <reason>`.
 */
export function describeProblems(error: z.core.$ZodError, value: unknown): string {
  const problems = error.issues.flatMap((issue) => describe(issue, value, []));
  const shown = problems.slice(0, maxProblems);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  return shown.join("; ");
}

function describe(issue: Issue, root: unknown, prefix: readonly PropertyKey[]): string[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `at ${pointer(path)}: unexpected property '${key.slice(0, 64)}'`);
  }
  if (issue.code === "invalid_union") {
    // The branch that came furthest is the one the caller meant.
    const best = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0];
    if (best !== undefined && best.length > 0) return best.flatMap((inner) => describe(inner, root, path));
  }
  const name = path.at(-1);
  if (issue.code === "invalid_type" && name !== undefined && missing(root, path)) {
    const parent = path.slice(0, -1);
    const text = `must have required property '${String(name)}'`;
    return [parent.length === 0 ? text : `at ${pointer(parent)}: ${text}`];
  }
  return [`at ${pointer(path)}: ${issue.message}`];
}

function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

function missing(root: unknown, path: readonly PropertyKey[]): boolean {
  let value = root;
  for (const key of path) {
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isObject(value)) value = Object.hasOwn(value, key) ? value[String(key)] : undefined;
    else return false;
  }
  return value === undefined;
}

/** JSON pointer; `root` for the whole value. */
function pointer(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "root" : `/${path.map((key) => String(key).slice(0, 64)).join("/")}`;
}
