import type { ServiceState } from "./contract.ts";
import type { ServiceRunner } from "./runner.ts";

const asked = [
  "LoadState",
  "ActiveState",
  "SubState",
  "MainPID",
  "Result",
  "ExecMainStatus",
  "NRestarts",
  "UnitFileState",
];

/** What systemd says about a unit, or null when it does not answer. */
export async function unitProperties(
  runner: ServiceRunner,
  ctl: (...words: string[]) => string[],
  unit: string,
): Promise<Record<string, string> | null> {
  const answer = await runner.ask(ctl("show", unit, `--property=${asked.join(",")}`));
  if (!answer?.ok) return null;
  const lines = answer.stdout.split("\n").filter((line) => line.includes("="));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

/** The documented words for systemd's (OUT-002). A unit waiting for its next start has exited. */
export function describeState(
  state: Record<string, string>,
): Pick<ServiceState, "runtime" | "pid" | "enabled" | "detail"> {
  const { ActiveState: active = "", SubState: sub = "", Result: result = "" } = state;
  const pid = Number(state.MainPID ?? 0) || null;
  const failure = result && result !== "success" ? `, ${result}, status ${state.ExecMainStatus ?? "?"}` : "";
  const restarts = Number(state.NRestarts ?? 0);
  return {
    runtime:
      active === "active" || active === "reloading"
        ? "running"
        : active === "failed" || sub === "auto-restart"
          ? "exited"
          : active === "activating"
            ? "loaded"
            : active === "inactive" || active === "deactivating"
              ? "stopped"
              : "unknown",
    pid,
    enabled: state.UnitFileState ? state.UnitFileState.startsWith("enabled") : null,
    detail: `${active} (${sub}${failure}${restarts > 0 ? `, ${restarts} restarts` : ""})`,
  };
}
