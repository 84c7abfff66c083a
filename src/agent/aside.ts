import { textOf, type TranscriptEntry } from "../core/conversation.ts";
import type { Lease, Ledger, RunOptions } from "../ledger/contract.ts";

/** The answer of a heartbeat that means "nothing needs you" (protocol.md 4, `ok-token`). */
export const heartbeatToken = "HEARTBEAT_OK";

const edge = String.raw`[\s*_~\x60"'.!]*`;
const atStart = new RegExp(`^${edge}${heartbeatToken}${edge}`);
const atEnd = new RegExp(`${edge}${heartbeatToken}${edge}$`);

/**
 * What of a heartbeat's answer is worth telling: null for nothing, which is an empty answer, or the token at its start
 * or end with at most `ackMaxChars` characters beside it. A longer text loses the token only.
 */
export function worthTelling(text: string, ackMaxChars: number): string | null {
  const rest = text.replace(atStart, "").replace(atEnd, "").trim();
  if (rest === "") return null;
  return rest !== text.trim() && rest.length <= ackMaxChars ? null : rest;
}

/** Whether nobody but the gateway itself asked for this run. */
export const isHeartbeat = (lease: Pick<Lease, "messages">): boolean =>
  lease.messages.length > 0 && lease.messages.every(({ options }) => options.aside !== undefined);

/**
 * The last message of the model as the conversation gets it: what was worth telling, without the thoughts and calls it
 * came from, is said like any other answer; the rest stays an aside.
 */
export function answerOfAside(
  answer: TranscriptEntry,
  lease: Pick<Lease, "messages">,
  { aside }: RunOptions,
): TranscriptEntry {
  if (!aside || !isHeartbeat(lease)) return answer;
  const told = worthTelling(textOf(answer.content), aside.ackMaxChars);
  return told === null
    ? { ...answer, kind: "aside" }
    : { ...answer, kind: "message", content: [{ type: "text", text: told }] };
}

/** The ledger for runs of both kinds: what an aside records is marked as such, but for what says otherwise itself. */
export function markingAsides(ledger: Ledger): Ledger {
  const marked = (lease: Lease, entries: TranscriptEntry[]): TranscriptEntry[] =>
    isHeartbeat(lease)
      ? entries.map((entry) => (entry.kind === undefined ? { ...entry, kind: "aside" } : entry))
      : entries;
  return {
    ...ledger,
    recordEntries: (lease, entries) => ledger.recordEntries(lease, marked(lease, entries)),
    async finishTool(lease, callId, entry) {
      const [own = entry] = marked(lease, [entry]);
      await ledger.finishTool(lease, callId, own);
    },
    complete: (lease, end) => ledger.complete(lease, { ...end, entries: marked(lease, end.entries) }),
  };
}
