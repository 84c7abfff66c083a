import type { Principal } from "../core/authority.ts";
import { UserError } from "../core/errors.ts";
import { meansApproval, shortApprovalId } from "../sandbox/index.ts";
import type { ApprovalDecision, ApprovalRecord, ApprovalService } from "../sandbox/contract.ts";

/** What `/approve` and `/deny` need. */
export type ApprovalCommands = Pick<ApprovalService, "pending" | "resolve">;

const maxShown = 5;
const shownChars = 300;

/**
 * `/approve`, `/approve ID`, `/approve ID always`, `/deny ID`. An id may be shortened as long as it means one request:
 * what is allowed is what was asked, never "whatever waits now".
 * @throws UserError APPROVAL_SETTLED, APPROVAL_UNKNOWN
 */
export async function runApproveCommand(
  command: { name: "approve" | "deny"; argument: string },
  { id: by }: Principal,
  approvals: ApprovalCommands,
): Promise<string> {
  const [id = "", word = "", ...rest] = command.argument.split(/\s+/);
  const waiting = approvals.pending();
  if (id === "" || id === "list") return listed(waiting);
  const decision = decisionOf(command.name, word);
  if (decision === null || rest.length > 0)
    return command.name === "deny" ? "Use /deny ID." : "Use /approve, /approve ID or /approve ID always.";
  const hits = waiting.filter((record) => meansApproval(record.request.id, id));
  const [hit] = hits;
  if (!hit || hits.length > 1) {
    const quoted = JSON.stringify(id.slice(0, 60));
    throw new UserError(
      "APPROVAL_UNKNOWN",
      hit
        ? `${quoted} is the beginning of ${hits.length} requests`
        : `no request ${quoted} waits for an answer`,
      { hint: "/approve lists what waits" },
    );
  }
  const { request } = await approvals.resolve(hit.request.id, decision, by);
  return `${decisionWords[decision]}: ${bounded(request.command)}`;
}

const decisionWords: Record<ApprovalDecision, string> = {
  "allow-once": "Allowed once",
  "allow-always": "Allowed from now on",
  deny: "Denied",
};

function decisionOf(name: "approve" | "deny", word: string): ApprovalDecision | null {
  if (name === "deny") return word === "" ? "deny" : null;
  if (word === "" || word === "once") return "allow-once";
  return word === "always" ? "allow-always" : null;
}

function listed(waiting: readonly ApprovalRecord[]): string {
  if (waiting.length === 0) return "Nothing waits for permission.";
  const lines = waiting
    .slice(0, maxShown)
    .map(({ request }) => `${shortApprovalId(request.id)}: ${bounded(request.command)}`);
  const more = waiting.length > maxShown ? [`… and ${waiting.length - maxShown} more`] : [];
  return [...lines, ...more, "Answer with /approve ID, /approve ID always or /deny ID."].join("\n");
}

function bounded(command: string): string {
  if (command.length <= shownChars) return command;
  return `${command.slice(0, shownChars).toWellFormed()}… (${command.length - shownChars} more characters)`;
}
