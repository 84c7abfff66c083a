import type { DeliveryContent } from "../../ledger/contract.ts";
import { shortApprovalId } from "../approval-id.ts";
import type { ApprovalDecision, ApprovalRecord } from "../contract.ts";

// What people read in a chat when a run waits for their permission, and after it. Pure.

type Buttons = NonNullable<Extract<DeliveryContent, { kind: "message" }>["buttons"]>;

/** A platform carries at most 60 bytes behind a button. */
const maxValueBytes = 60;
const words: Record<ApprovalDecision, string> = {
  "allow-once": "o",
  "allow-always": "a",
  deny: "d",
};

/** What a press carries; null for an id that does not fit behind a button. */
export function pressValue(id: string, decision: ApprovalDecision): string | null {
  const value = `apr:${words[decision]}:${id}`;
  return Buffer.byteLength(value) <= maxValueBytes ? value : null;
}

/** Reads what {@link pressValue} wrote; null for a button of something else. */
export function readPress(value: string): { id: string; decision: ApprovalDecision } | null {
  const [, word, id] = /^apr:([oad]):(.+)$/s.exec(value) ?? [];
  const decision = (Object.keys(words) as ApprovalDecision[]).find((each) => words[each] === word);
  return decision === undefined || id === undefined ? null : { id, decision };
}

/** The question. A command that does not fit is cut, says so, and can then only be refused from here. */
export function questionOf(
  record: ApprovalRecord,
  place: { buttons: boolean; maxChars: number; now: number },
): { text: string; buttons: Buttons } {
  const { request } = record;
  const { shown, isCut } = commandBlock(request.command, place.maxChars);
  const minutes = Math.max(1, Math.round((request.expiresAtMs - place.now) / 60_000));
  const tool = request.toolName && request.toolName !== "exec" ? ` with ${request.toolName}` : "";
  // Another machine is another matter: it is named first.
  const isElsewhere = request.host !== null && request.host !== "gateway";
  const host = isElsewhere ? `On ${oneLine(request.host ?? "")}. ` : "";
  const where = `${host}${request.cwd === null ? "" : `In ${oneLine(request.cwd)}. `}`;
  const values = (["allow-once", "allow-always", "deny"] as const).map((decision) =>
    pressValue(request.id, decision),
  );
  const [once, always, deny] = values;
  const canPress = place.buttons && once && always && deny;
  const row: Buttons[number] =
    canPress && !isCut
      ? [
          { label: "Allow once", value: once, style: "primary" },
          { label: "Always allow", value: always },
          { label: "Deny", value: deny, style: "danger" },
        ]
      : canPress
        ? [{ label: "Deny", value: deny, style: "danger" }]
        : [];
  const id = shortApprovalId(request.id);
  const how = isCut
    ? "Too long to be allowed from here: openclaw approvals list"
    : row.length > 0
      ? ""
      : `Answer with /approve ${id}, /approve ${id} always or /deny ${id}.`;
  const text = [`**May I run this${tool}?**`, shown, `${where}The question stands for ${minutes} min.`, how];
  return { text: text.filter((line) => line !== "").join("\n\n"), buttons: row.length === 0 ? [] : [row] };
}

/** What stands in its place when it is answered, withdrawn or too old. */
export function closingOf(record: ApprovalRecord, maxChars: number): string {
  const { decision, resolvedBy, request } = record;
  const { shown } = commandBlock(request.command, maxChars);
  const by = resolvedBy === null ? "" : ` by ${oneLine(resolvedBy)}`;
  const end =
    decision === null
      ? "Nobody answered in time: not run."
      : resolvedBy === "the run ended"
        ? "No longer needed: the run ended."
        : `${{ "allow-once": "Allowed once", "allow-always": "Allowed from now on", deny: "Denied" }[decision]}${by}.`;
  return `${end}\n\n${shown}`;
}

/** The toast of a press that came too late. */
export function settledText(record: ApprovalRecord): string {
  return record.decision === null
    ? "Too late: the question has expired."
    : `Already decided: ${record.decision === "deny" ? "denied" : "allowed"}${record.resolvedBy === null ? "" : ` by ${oneLine(record.resolvedBy)}`}.`;
}

const reservedChars = 400;

function commandBlock(command: string, maxChars: number): { shown: string; isCut: boolean } {
  // The fence is longer than any run of backticks in the command, so the command cannot end it.
  const longest = Math.max(2, ...[...command.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const room = Math.max(80, maxChars - reservedChars - 2 * fence.length);
  const isCut = command.length > room;
  const rest = isCut ? `\n… (${command.length - room} more characters)` : "";
  return { shown: `${fence}\n${command.slice(0, room).toWellFormed()}${rest}\n${fence}`, isCut };
}

const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, 120);
