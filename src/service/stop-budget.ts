import { readFileSync } from "node:fs";
import type { Clock } from "../core/clock.ts";
import { buildChildEnv, findBinary, runProcess, systemPath } from "../guard/index.ts";

/**
 * Milliseconds systemd gives this process between SIGTERM and SIGKILL, as the unit says now, drop-ins included; null
 * outside systemd, when it does not answer, and for no limit. Whoever drains must be done before.
 */
export async function readStopBudget(options: {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Where `systemctl` is looked for. */
  folders?: readonly string[];
  /** Text of `/proc/self/cgroup`. */
  cgroup?: string;
}): Promise<number | null> {
  const { env, clock } = options;
  if (env.OPENCLAW_SERVICE_KIND !== "gateway" || !env.INVOCATION_ID) return null;
  const unit = ownUnit(options.cgroup ?? readCgroup());
  const program = findBinary("systemctl", options.folders ?? systemPath);
  if (unit === null || program === null) return null;
  const scope = unit.user ? ["--user"] : [];
  try {
    const end = await runProcess(
      {
        file: program,
        args: [...scope, "show", unit.name, "--property=TimeoutStopUSec", "--value"],
        cwd: "/",
        env: buildChildEnv({ source: env, allowNames: ["XDG_RUNTIME_DIR"] }),
      },
      { clock, timeoutMs: 5000 },
    );
    return end.exitCode === 0 ? parseTimeSpan(end.stdout.trim()) : null;
  } catch {
    return null; // Without an answer the ordinary drain time stands.
  }
}

/** The drain that fits a budget: room is left for closing what is open afterwards. */
export function drainWithin(drainMs: number, budgetMs: number | null): number {
  if (budgetMs === null) return drainMs;
  return Math.max(0, Math.min(drainMs, budgetMs - Math.min(5000, budgetMs / 2)));
}

function ownUnit(cgroup: string): { name: string; user: boolean } | null {
  const path = /^(?:0:|\d+:name=systemd):(.*)$/m.exec(cgroup)?.[1] ?? "";
  const name = path.split("/").findLast((part) => part.endsWith(".service"));
  return name === undefined || name.startsWith("user@") ? null : { name, user: path.includes("/user@") };
}

const unitsMs: Record<string, number> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  day: 86_400_000,
};

/** `30s`, `1min 30s`, as systemctl(1) prints time spans. */
function parseTimeSpan(text: string): number | null {
  const parts = text.split(" ").map((part) => /^([\d.]+)(us|ms|s|min|h|day)$/.exec(part));
  if (parts.some((part) => part === null)) return null;
  return parts.reduce((sum, part) => sum + Number(part?.[1]) * (unitsMs[part?.[2] ?? ""] ?? 0), 0);
}

function readCgroup(): string {
  try {
    return readFileSync("/proc/self/cgroup", "utf8");
  } catch {
    return ""; // No Linux.
  }
}
