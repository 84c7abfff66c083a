import { signal } from "@preact/signals";
import { tellFailed } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";

/** Something that waits for a person's decision. */
export interface Approval {
  id: string;
  request: {
    command: string;
    /** Where it would run. */
    host?: string | null;
    /** The program it would be, as it was found. */
    resolvedPath?: string | null;
    cwd?: string | null;
    agentId?: string | null;
    sessionKey?: string | null;
    callId?: string;
  };
  createdAtMs: number;
  expiresAtMs: number;
}

export const approvals = signal<readonly Approval[]>([]);

export async function decide(id: string, decision: "allow-once" | "allow-always" | "deny"): Promise<void> {
  try {
    await call("exec.approval.resolve", { id, decision });
    removeApproval(id);
  } catch (error) {
    tellFailed(error);
  }
}

export function addApproval(approval: Approval): void {
  if (approvals.value.some(({ id }) => id === approval.id)) return;
  approvals.value = [...approvals.value, approval];
  setTimeout(() => removeApproval(approval.id), Math.max(0, approval.expiresAtMs - Date.now()));
}

export function removeApproval(id: string): void {
  approvals.value = approvals.value.filter((approval) => approval.id !== id);
}
