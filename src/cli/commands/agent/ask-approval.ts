import { createInterface } from "node:readline/promises";
import type { ApprovalDecision } from "../../../app/contract.ts";
import type { CommandContext } from "../../contract.ts";
import { printable } from "../../terminal.ts";

/** The fields of an approval that a person needs to decide (threats.md, invariant 6). */
export interface AskedApproval {
  id: string;
  command: string;
  cwd: string | null;
  host: string | null;
  resolvedPath: string | null;
}

/** Whether somebody is there to answer. */
export function canAsk({ out, stdin }: CommandContext): boolean {
  return out.isTTY && stdin.isTTY;
}

/** Shows the exact command and asks y / n / always. What is no clear yes is a no. */
export async function askApproval(
  context: CommandContext,
  approval: AskedApproval,
  signal: AbortSignal,
): Promise<ApprovalDecision> {
  const { out, stdin } = context;
  out.note(approvalText(approval, out.style.bold("The agent asks for permission:")));
  const lines = createInterface({ input: stdin, output: process.stderr, terminal: true });
  try {
    const answer = await lines.question("Allow? [y]es once, [a]lways, [N]o: ", { signal });
    return decisionOf(answer);
  } finally {
    lines.close();
  }
}

export function decisionOf(answer: string): ApprovalDecision {
  const word = answer.trim().toLowerCase();
  if (word === "y" || word === "yes") return "allow-once";
  if (word === "a" || word === "always") return "allow-always";
  return "deny";
}

/** The approval as text, every part escaped: what is shown is what runs. */
export function approvalText(approval: AskedApproval, title: string): string {
  const command = printable(approval.command).split("\n");
  return [
    title,
    ...command.map((line) => `    ${line}`),
    ...(approval.cwd ? [`  in ${printable(approval.cwd)}`] : []),
    ...(approval.resolvedPath ? [`  program ${printable(approval.resolvedPath)}`] : []),
    ...(approval.host ? [`  on ${printable(approval.host)}`] : []),
  ].join("\n");
}
