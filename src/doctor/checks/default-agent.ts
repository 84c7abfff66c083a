import { join } from "node:path";
import type { Check, Step } from "../contract.ts";
import { entries, look } from "../disk.ts";

const maxFiles = 5_000;

/** CONF-07: an older `agents/default` becomes `agents/main`; `default` stays as a link to it. */
export const defaultAgent: Check = {
  id: "default-agent",
  title: "agents/default is a directory of its own",
  severity: "warning",
  surface: "doctor",
  mends: "its files move to agents/main (nothing there is overwritten), agents/default becomes a link",
  dependsOn: ["state-dir"],
  inspect({ paths, running }) {
    const from = join(paths.agentsDir, "default");
    if (!look(from)?.isDirectory()) return [];
    const to = join(paths.agentsDir, "main");
    const evidence = `${from}; this version keeps the main agent in ${to}`;
    if (running) return [{ evidence, fix: "stop the gateway, then openclaw doctor --repair" }];
    const steps = look(to) ? merge(from, to) : [{ kind: "rename" as const, from, to }];
    steps.push({ kind: "symlink", path: from, target: "main" });
    return [
      {
        evidence,
        fix: "openclaw doctor --repair",
        repair: { level: "recommended", tick: "agents/default moved to agents/main", steps },
      },
    ];
  },
};

function merge(from: string, to: string): Step[] {
  const steps: Step[] = [];
  const visit = (source: string, target: string) => {
    const stat = look(target);
    for (const entry of entries(source)) {
      if (steps.length > maxFiles) throw new Error(`${from} has more than ${maxFiles} files`);
      const [old, next] = [join(source, entry.name), join(target, entry.name)];
      if (!look(next)) steps.push({ kind: "rename", from: old, to: next });
      else if (entry.isDirectory() && look(next)?.isDirectory()) visit(old, next);
      else steps.push({ kind: "rename", from: old, to: join(target, besides(entry.name)) });
    }
    if (stat) steps.push({ kind: "rmdir", path: source });
  };
  visit(from, to);
  return steps;
}

/** `main.jsonl` → `main.from-default.jsonl`: both conversations stay. */
const besides = (name: string): string => name.replace(/(\.[^.]*)?$/, ".from-default$1");
