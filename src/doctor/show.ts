import JSON5 from "json5";
import type { Change, Plan } from "./contract.ts";
import { unifiedDiff } from "./diff.ts";
import { octal } from "./disk.ts";
import { hide, secretsIn } from "./mask.ts";

/** A change as people read it: one line, and for text files the difference. Secrets are hidden. */
export interface ShownChange {
  kind: Change["kind"];
  path: string;
  summary: string;
  diff: string[];
}

const maxLine = 200;

export function showPlan(plan: Plan, configPath: string): ShownChange[] {
  return plan.changes.map((change) => {
    const path = change.kind === "rename" ? change.from : change.path;
    return { kind: change.kind, path, summary: summaryOf(change), diff: diffOf(change, configPath) };
  });
}

function summaryOf(change: Change): string {
  switch (change.kind) {
    case "write":
      return `${change.before === null ? "create" : "edit"} ${change.path} (${octal(change.mode)})`;
    case "mkdir":
      return `create directory ${change.path} (${octal(change.mode)})`;
    case "rmdir":
      return `remove the empty directory ${change.path}`;
    case "chmod":
      return `chmod ${change.path} ${octal(change.from)} → ${octal(change.to)}`;
    case "rename":
      return `rename ${change.from} → ${change.to}`;
    case "delete":
      return `delete ${change.path} (${change.before.length} bytes, kept in the receipt)`;
    case "symlink":
      return `link ${change.path} → ${change.target}`;
    case "command":
      return `run ${change.shown} (changes ${change.path})`;
  }
}

function diffOf(change: Change, configPath: string): string[] {
  if (change.kind !== "write") return [];
  const before = change.before?.toString("utf8") ?? "";
  const after = change.after.toString("utf8");
  const secrets = change.path === configPath ? [...secretsOf(before), ...secretsOf(after)] : [];
  return unifiedDiff(before, after).map((line) => {
    const shown = hide(line, secrets);
    return shown.length > maxLine ? `${shown.slice(0, maxLine)}…` : shown;
  });
}

function secretsOf(text: string): string[] {
  try {
    return secretsIn(JSON5.parse(text));
  } catch {
    return []; // Not JSON5: no repair edits such a file, so it is not shown either.
  }
}
