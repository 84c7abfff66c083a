import type { Clock } from "../core/clock.ts";
import type { JsonObject } from "../core/json.ts";
import {
  conditionKinds,
  type ConditionCode,
  type ConditionKind,
  type Severity,
} from "./health-conditions.ts";

/** What somebody who looked saw; it holds until a look does not see it any more. */
export interface Finding {
  code: ConditionCode;
  /** Which of several, e.g. `telegram/default`; absent where there is only one. */
  subject?: string;
  /** What is the matter, with the bad value. Never a secret. */
  text: string;
  /** The command that mends it. */
  hint: string;
  evidence?: JsonObject;
  /** Epoch milliseconds, when the finder knows better than the first look. */
  since?: number;
}

/** A condition a person sees; the same object on every surface. */
export interface HealthCondition {
  code: ConditionCode;
  title: string;
  severity: Severity;
  subject: string | null;
  text: string;
  hint: string;
  evidence: JsonObject;
  /** Epoch milliseconds. */
  since: number;
}

/** Looks at one part of the gateway. It may throw: then what it found before stays as it was. */
export type HealthSource = () => Finding[];

export interface HealthRegistry {
  /** Looks everywhere now. */
  look(): void;
  /** What a person sees as of the last look: old enough, and no mere consequence of another one. Worst first. */
  conditions(): HealthCondition[];
  /** False while something shown is an error. */
  ok(): boolean;
  /** Codes that keep the gateway from taking work, sorted. */
  blocking(): ConditionCode[];
}

const rank: Record<Severity, number> = { error: 0, warning: 1, notice: 2 };

/** Remembers since when each condition holds. One for each gateway; every status surface reads it. */
export function createHealthRegistry(options: {
  clock: Clock;
  sources: readonly HealthSource[];
  onSourceError: (error: unknown) => void;
}): HealthRegistry {
  const { clock, sources, onSourceError } = options;
  const found = new Map<HealthSource, HealthCondition[]>();

  const visible = (): HealthCondition[] => {
    const now = clock.now();
    const all = [...found.values()].flat();
    const holds = (code: string, subject: string | null) =>
      all.some((other) => other.code === code && (other.subject === null || other.subject === subject));
    return all
      .filter((condition) => {
        const { minAgeMs, dependsOn }: ConditionKind = conditionKinds[condition.code];
        if (now - condition.since < minAgeMs) return false;
        return !dependsOn.some((code) => holds(code, condition.subject));
      })
      .sort(
        (a, b) => rank[a.severity] - rank[b.severity] || a.since - b.since || a.code.localeCompare(b.code),
      );
  };

  return {
    look() {
      const now = clock.now();
      for (const source of sources) {
        const before = found.get(source) ?? [];
        try {
          found.set(
            source,
            source().map((finding) => conditionOf(finding, before, now)),
          );
        } catch (error) {
          onSourceError(error);
        }
      }
    },
    conditions: visible,
    ok: () => !visible().some(({ severity }) => severity === "error"),
    blocking: () => [
      ...new Set(
        visible()
          .map(({ code }) => code)
          .filter((code) => conditionKinds[code].blocksReady)
          .sort(),
      ),
    ],
  };
}

function conditionOf(finding: Finding, before: readonly HealthCondition[], now: number): HealthCondition {
  const { code, text, hint, subject = null, evidence = {} } = finding;
  const { title, severity } = conditionKinds[code];
  const known = before.find((other) => other.code === code && other.subject === subject);
  // A clock that was set back must not make an age negative.
  const since = Math.min(finding.since ?? known?.since ?? now, now);
  return { code, title, severity, subject, text, hint, evidence, since };
}
