import { messageOf } from "../core/errors.ts";
import type { Check, CheckContext, Finding, Report, Severity, Skipped } from "./contract.ts";

const limitMs = { quick: 5_000, deep: 30_000 };
const rank: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };

/**
 * Runs checks side by side, each as far as it gets: one that fails or takes too long is a finding itself and keeps no
 * other from being heard.
 */
export async function runChecks(checks: readonly Check[], context: CheckContext): Promise<Report> {
  const started = context.clock.monotonic();
  const skipped: Skipped[] = [];
  const running = new Map<string, Promise<Finding[]>>();
  const start = (check: Check): Promise<Finding[]> => {
    const known = running.get(check.id);
    if (known) return known;
    const task = run(check);
    running.set(check.id, task);
    return task;
  };
  async function run(check: Check): Promise<Finding[]> {
    for (const id of check.dependsOn ?? []) {
      const first = checks.find((other) => other.id === id);
      const findings = first ? await start(first) : [];
      if (findings.some((finding) => finding.severity === "critical")) {
        skipped.push({ id: check.id, because: `see ${id} first` });
        return [];
      }
    }
    const found = await attempt(check, context);
    return found.map((each) => ({
      id: check.id,
      severity: each.severity ?? check.severity,
      title: each.title ?? check.title,
      evidence: each.evidence,
      fix: each.fix,
      undo: each.undo ?? (each.repair ? "openclaw doctor undo" : "nothing is changed by looking"),
      ...(each.repair && { repair: each.repair }),
    }));
  }
  const findings = (await Promise.all(checks.map(start))).flat();
  return {
    findings: findings.toSorted((a, b) => rank[a.severity] - rank[b.severity]),
    skipped,
    checked: checks.length - skipped.length,
    durationMs: Math.round(context.clock.monotonic() - started),
  };
}

async function attempt(check: Check, context: CheckContext): ReturnType<typeof inspect> {
  const ms = context.wants.deep ? limitMs.deep : limitMs.quick;
  let cancel = () => {};
  const late = new Promise<Awaited<ReturnType<typeof inspect>>>((resolve) => {
    cancel = context.clock.after(ms, () =>
      resolve([unfinished(check, `it took longer than ${ms / 1000} s`)]),
    );
  });
  try {
    return await Promise.race([inspect(check, context), late]);
  } catch (error) {
    return [unfinished(check, messageOf(error))];
  } finally {
    cancel();
  }
}

// One turn of the event loop first, so that slow starters do not hold up the others' input and output.
async function inspect(check: Check, context: CheckContext) {
  await Promise.resolve();
  return check.inspect(context);
}

function unfinished(check: Check, why: string) {
  return {
    severity: "warning" as const,
    title: `${check.title}: could not be checked`,
    evidence: why,
    fix: "openclaw doctor --deep",
  };
}
