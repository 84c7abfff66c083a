import { computed, signal } from "@preact/signals";
import { hello, onEvent } from "./connection.ts";

/** Something that is the matter with the gateway, in the words of every other surface. */
export interface Condition {
  code: string;
  title: string;
  severity: "error" | "warning" | "notice";
  text: string;
  /** Epoch milliseconds. */
  since?: number;
  hint: string;
}

export interface Health {
  ok: boolean;
  conditions?: Condition[];
  models?: { primary?: string };
}

const told = signal<{ of: unknown; health: Health } | null>(null);
onEvent("health", (payload) => (told.value = { of: hello.value, health: payload as Health }));

/** What the gateway said about itself last: in an event, or when it let us in. */
export const health = computed<Health | null>(() => {
  if (told.value !== null && told.value.of === hello.value) return told.value.health;
  return (hello.value?.snapshot.health as Health | undefined) ?? null;
});
