import { existsSync } from "node:fs";
import { setInText, unsetInText } from "../config/index.ts";
import { messageOf } from "../core/errors.ts";
import type { Change, CheckContext, Finding, Plan, RepairLevel, Skipped, Step } from "./contract.ts";
import { bytesOf, look, permissions } from "./disk.ts";

/** Directories before what lies in them, and files before the directories they leave. */
const order: readonly Change["kind"][] = [
  "mkdir",
  "chmod",
  "write",
  "rename",
  "delete",
  "rmdir",
  "symlink",
  "command",
];

/**
 * The exact changes that repairs of the given levels come to. Reads only. Wishes about the config file become one
 * edit that keeps its comments; what is already as wanted is left out.
 */
export function makePlan(
  context: CheckContext,
  options: { findings: readonly Finding[]; levels: ReadonlySet<RepairLevel> },
): Plan {
  const wanted = options.findings.filter(({ repair }) => repair && options.levels.has(repair.level));
  const changes: Change[] = [];
  const repairs: Plan["repairs"] = [];
  const left: Skipped[] = [];
  let text = context.config.raw ?? "{\n}\n";
  for (const { id, repair } of wanted) {
    if (!repair) continue;
    try {
      const edited = repair.steps.reduce(editConfig, text);
      const made = repair.steps.flatMap((step) => toChange(step) ?? []);
      if (made.length === 0 && edited === text) continue;
      text = edited;
      changes.push(...made);
      repairs.push({ id, tick: repair.tick });
    } catch (error) {
      left.push({ id, because: messageOf(error) });
    }
  }
  if (text !== (context.config.raw ?? "{\n}\n")) {
    const { configPath } = context.paths;
    const stat = look(configPath);
    changes.push({
      kind: "write",
      path: configPath,
      before: context.config.raw === null ? null : Buffer.from(context.config.raw),
      after: Buffer.from(text),
      mode: stat && !stat.isSymbolicLink() ? permissions(stat) & 0o700 : 0o600,
    });
  }
  const unique = [...new Map(changes.map((change) => [keyOf(change), change])).values()];
  return {
    changes: unique.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)),
    repairs,
    left,
  };
}

function editConfig(text: string, step: Step): string {
  if (step.kind === "config-set") return setInText(text, step.path, step.value);
  if (step.kind === "config-unset") return unsetInText(text, step.path);
  return text;
}

/** Null where the disk is as wanted already. */
function toChange(step: Step): Change | null {
  switch (step.kind) {
    case "config-set":
    case "config-unset":
      return null;
    case "write": {
      const before = bytesOf(step.path);
      if (before?.equals(step.bytes)) return null;
      return { kind: "write", path: step.path, before, after: step.bytes, mode: step.mode };
    }
    case "mkdir":
      return existsSync(step.path) ? null : step;
    case "rmdir": {
      const stat = look(step.path);
      return stat?.isDirectory() ? { ...step, mode: permissions(stat) } : null;
    }
    case "chmod": {
      const stat = look(step.path);
      if (!stat || stat.isSymbolicLink() || permissions(stat) === step.mode) return null;
      return { kind: "chmod", path: step.path, from: permissions(stat), to: step.mode };
    }
    case "rename":
      return look(step.from) && !look(step.to) ? step : null;
    case "delete": {
      const stat = look(step.path);
      const before = stat?.isFile() ? bytesOf(step.path) : null;
      return stat && before ? { ...step, before, mode: permissions(stat) } : null;
    }
    case "symlink":
      return look(step.path)?.isSymbolicLink() ? null : step;
    case "command":
      return { ...step, before: bytesOf(step.path) };
  }
}

function keyOf(change: Change): string {
  return `${change.kind} ${change.kind === "rename" ? change.from : change.path}`;
}
