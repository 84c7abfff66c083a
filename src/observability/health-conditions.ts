/** `error`: something does not work; `warning`: it works, and soon may not; `notice`: a person should know. */
export type Severity = "error" | "warning" | "notice";

export interface ConditionKind {
  title: string;
  severity: Severity;
  /** Milliseconds it must last before a person sees it: what mends itself is no news. */
  minAgeMs: number;
  /** While one of these holds it is only a consequence and is not shown. */
  dependsOn: readonly string[];
  /** While it holds the gateway takes no work: `/readyz` answers 503. */
  blocksReady: boolean;
}

const kind = (
  title: string,
  severity: Severity,
  more: Partial<Omit<ConditionKind, "title" | "severity">> = {},
): ConditionKind => ({ title, severity, minAgeMs: 0, dependsOn: [], blocksReady: false, ...more });

/** Everything that can be the matter with a running gateway. Codes are stable; a retired one is never used again. */
export const conditionKinds = {
  "storage-failing": kind("The database does not answer", "error", { blocksReady: true }),
  "disk-full": kind("No space is left for the state directory", "error", { blocksReady: true }),
  "disk-low": kind("Little space is left for the state directory", "warning", { dependsOn: ["disk-full"] }),
  "config-invalid": kind("The config file has errors; the last accepted one is in force", "warning"),
  "config-reverted": kind("A change of the config file was taken back", "warning"),
  "config-waiting": kind("A change of the config file waits for a restart", "notice"),
  "restart-loop": kind("The gateway failed to start several times in a row", "error"),
  "safe-mode": kind("Safe mode: channels, plugins and automation are off", "warning", {
    dependsOn: ["restart-loop"],
  }),
  "event-loop-blocked": kind("The gateway answers late", "warning"),
  "queue-stuck": kind("Messages wait and none is being answered", "error", {
    minAgeMs: 60_000,
    dependsOn: ["storage-failing", "disk-full"],
  }),
  "run-overdue": kind("A run is past its deadline", "warning", {
    minAgeMs: 30_000,
    dependsOn: ["storage-failing", "disk-full", "event-loop-blocked"],
  }),
  "model-unresolved": kind("No model is usable", "error"),
  "model-credentials": kind("The login of the model does not work", "error", {
    dependsOn: ["model-unresolved"],
  }),
  "channel-disconnected": kind("A channel is not connected", "error", {
    minAgeMs: 30_000,
    dependsOn: ["safe-mode"],
  }),
  "channel-deaf": kind("A channel says it is connected, but the platform does not answer", "error", {
    dependsOn: ["safe-mode", "channel-disconnected"],
  }),
  "channel-mute": kind("Messages of a channel do not get out", "error", {
    minAgeMs: 30_000,
    dependsOn: ["safe-mode", "channel-disconnected", "channel-deaf"],
  }),
  "outbox-dead-letters": kind("Messages could not be delivered", "warning", {
    dependsOn: ["storage-failing"],
  }),
  "backup-failing": kind("The scheduled backup fails", "warning"),
  "backup-stale": kind("The scheduled backup was not made", "warning", { dependsOn: ["backup-failing"] }),
  "heartbeat-failing": kind("The assistant's look around by itself fails", "warning", {
    dependsOn: ["model-unresolved", "model-credentials"],
  }),
  "traces-not-exported": kind("Traces do not reach the collector", "warning", { minAgeMs: 30_000 }),
} as const satisfies Record<string, ConditionKind>;

export type ConditionCode = keyof typeof conditionKinds;
