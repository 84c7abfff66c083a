import { getAt } from "../../config/index.ts";
import type { Check, CheckContext, Found, Repair, Severity } from "../contract.ts";

export interface Violation {
  evidence: string;
  /** The setting that would be safe; becomes the command in the finding. */
  set?: { path: string; value: unknown };
  fix?: string;
  undo?: string;
  severity?: Severity;
  title?: string;
}

/**
 * A rule about the configuration alone. `tighten` says that `security audit --fix` may set what the violation names;
 * without it the choice is the operator's, because it could shut somebody out who has to get in.
 */
export function rule(spec: {
  id: string;
  title: string;
  severity: Severity;
  mends: string;
  tighten?: boolean;
  find: (context: CheckContext) => Violation[];
}): Check {
  const { find, tighten = false, ...check } = spec;
  return {
    ...check,
    surface: "both",
    inspect: (context) => find(context).map((violation) => toFound(violation, { context, tighten })),
  };
}

function toFound(
  { evidence, set, fix, undo, severity, title }: Violation,
  { context, tighten }: { context: CheckContext; tighten: boolean },
): Found {
  const repair: { repair?: Repair } =
    set && tighten
      ? {
          repair: {
            level: "tighten",
            tick: `${set.path} tightened`,
            steps: [{ kind: "config-set", path: set.path.split("."), value: set.value }],
          },
        }
      : {};
  return {
    evidence,
    fix: fix ?? (set ? `openclaw config set ${set.path} ${asWord(set.value)}` : "openclaw config edit"),
    undo:
      undo ??
      (set ? undoOf(context, set.path) : "openclaw config history, then openclaw config revert <hash>"),
    ...(severity && { severity }),
    ...(title && { title }),
    ...repair,
  };
}

function undoOf({ config }: CheckContext, path: string): string {
  const before = getAt(config.parsed, path.split("."));
  return before === undefined
    ? `openclaw config unset ${path}`
    : `openclaw config set ${path} ${asWord(before)}`;
}

function asWord(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w./:@-]+$/.test(text) ? text : `'${text}'`;
}
