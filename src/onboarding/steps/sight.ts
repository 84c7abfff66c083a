import type { Sight } from "../contract.ts";

/** An answer as text, "" when there is none. */
export function textOf({ answers }: Sight, id: string): string {
  const value = answers[id];
  return typeof value === "string" ? value : "";
}

export function listOf({ answers }: Sight, id: string): string[] {
  const value = answers[id];
  return Array.isArray(value) ? value : [];
}

export function isYes({ answers }: Sight, id: string): boolean {
  return answers[id] === true;
}

/** Whether the gateway will run on this machine. */
export function isLocal(sight: Sight): boolean {
  return textOf(sight, "mode") !== "remote";
}
