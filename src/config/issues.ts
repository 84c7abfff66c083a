import type * as z from "zod/mini";
import { formatPath, getAt } from "./config-path.ts";
import type { ConfigIssue } from "./contract.ts";
import { isSensitivePath } from "./schema/index.ts";

/** Says what was expected and what was found, in our own words; values of secrets are never quoted. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], data: unknown): ConfigIssue[] {
  return issues.map((issue) => {
    const path = issue.path.map(String);
    const value = getAt(data, path);
    const found = value === undefined ? "it is missing" : `got ${quote(value, isSensitivePath(path))}`;
    return { path: formatPath(path), message: `expected ${expectation(issue)}, ${found}` };
  });
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeNames[issue.expected] ?? String(issue.expected);
    case "invalid_value":
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_small":
      return `a value of at least ${String(issue.minimum)}`;
    case "too_big":
      return `a value of at most ${String(issue.maximum)}`;
    case "invalid_union":
      return "another kind of value";
    default:
      return "another value";
  }
}

const typeNames: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list [ … ]",
  object: "an object { … }",
  record: "an object { … }",
};

function quote(value: unknown, sensitive: boolean): string {
  if (sensitive) return typeof value === "string" ? "some other text" : `a ${typeof value}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
