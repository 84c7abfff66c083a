import type { Clock } from "../core/clock.ts";
import { isObject } from "../core/json.ts";
import { readTextIfExists, writeFileAtomic } from "../state/index.ts";

/** How far an update came that another process asked for; that process reads it, and may end before the update does. */
export interface UpdateReport {
  steps: Array<{ name: string; at: number }>;
  from: string | null;
  to: string | null;
  /** Set once nothing stands between the candidate and the switch: whoever restarts the gateway, or null. */
  switching: { restarts: string | null } | null;
  end: { result: "updated" | "current" | "failed"; reason: string | null } | null;
}

export interface Reporter {
  step(name: string): void;
  switching(about: { from: string | null; to: string; restarts: string | null }): void;
  end(about: Partial<Pick<UpdateReport, "from" | "to">> & NonNullable<UpdateReport["end"]>): void;
}

/** Writes a report; with no path it writes nothing. */
export function openReport(path: string | null, clock: Clock): Reporter {
  const report: UpdateReport = { steps: [], from: null, to: null, switching: null, end: null };
  const write = () => {
    if (path !== null) writeFileAtomic(path, `${JSON.stringify(report)}\n`, { durable: false });
  };
  return {
    step(name) {
      report.steps.push({ name, at: clock.now() });
      write();
    },
    switching({ from, to, restarts }) {
      Object.assign(report, { from, to, switching: { restarts } });
      write();
    },
    end({ result, reason, ...about }) {
      Object.assign(report, about, { end: { result, reason } });
      write();
    },
  };
}

/** What stands there now; null before anything does. */
export function readReport(path: string): UpdateReport | null {
  const text = readTextIfExists(path);
  const page: unknown = text === null ? null : JSON.parse(text);
  return isObject(page) && Array.isArray(page["steps"]) ? (page as unknown as UpdateReport) : null;
}
