import { checkSpec } from "./grammar.ts";
import type { ServiceChange, SupervisorKind } from "./contract.ts";
import type { TimerJob, TimerSpec } from "./timer.ts";
import type { ServiceRunner } from "./runner.ts";

/** What a profile's timer is called on each platform. */
export function timerNames(job: TimerJob, profile: string): { label: string; unit: string; task: string } {
  const plain = profile === "default";
  const word = job === "sentinel" ? "Sentinel" : "Backup";
  return {
    // A label of two words is a profile's gateway (names.ts); this one has three.
    label: `ai.openclaw.${plain ? "gateway" : profile}.${job}`,
    unit: `openclaw-${job}${plain ? "" : `-${profile}`}`,
    task: `OpenClaw ${word}${plain ? "" : ` (${profile})`}`,
  };
}

/** Without a version: an update changes nothing about a timer, and must not make it differ. */
export const timerTitle = ({ job, profile }: TimerSpec): string =>
  `OpenClaw ${job === "sentinel" ? "sentinel" : "scheduled backup"} (profile: ${profile})`;

export function timerArguments({ runtime, script, profile, args }: TimerSpec): string[] {
  return [runtime, script, ...(profile === "default" ? [] : ["--profile", profile]), ...args];
}

/** No service marker: it is no gateway, and `gateway status --deep` must not take it for one. */
export function timerEnvironment({
  environment,
  stateDir,
  configPath,
}: TimerSpec): Array<[name: string, value: string]> {
  return [
    ...Object.entries(environment),
    ["OPENCLAW_STATE_DIR", stateDir],
    ["OPENCLAW_CONFIG_PATH", configPath],
  ];
}

/** @throws UserError SERVICE_VALUE_INVALID for what could become a line of its own in a definition */
export function checkTimer(spec: TimerSpec, kind: SupervisorKind): void {
  const { runtime, account, environment, args: _args, ...rest } = spec;
  checkSpec(
    {
      ...rest,
      environment,
      runtime: { kind: "node", path: runtime },
      // A timer says neither.
      version: "0",
      port: 1,
      secrets: {},
      notify: false,
      ...(account ? { account } : {}),
    },
    kind,
  );
}

export function timerChange(
  runner: ServiceRunner,
  about: { kind: SupervisorKind; name: string; definitionPath: string },
  more: { notes?: string[]; started?: boolean } = {},
): ServiceChange {
  return { ...about, steps: runner.steps, notes: more.notes ?? [], started: more.started ?? false };
}
