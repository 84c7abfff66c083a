import { z } from "zod";
import { textOf, type TranscriptEntry } from "../../core/conversation.ts";
import type { InboxRow } from "../../ledger/contract.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { invalidRequest, sessionKeyOf } from "./settings.ts";

/** Entries looked through between two turns of the event loop, and by one call; the rest is another call. */
const entriesPerTurn = 1000;
const entriesPerCall = 50_000;
/** Characters of a hit around what was looked for. */
const snippetChars = 160;

const key = z.string().min(1);

/** What a conversation does right now (`chat.live`), and where words stand in it (`chat.search`). */
export function createChatLookMethods(services: GatewayServices): Method[] {
  const { sessions, ledger, liveRuns } = services;
  return [
    method({
      name: "chat.live",
      authority: "read",
      params: () => z.strictObject({ sessionKey: key }),
      handler({ sessionKey }, { connection }) {
        const { canonical } = sessionKeyOf(services, sessionKey);
        liveRuns.follow(connection, canonical);
        const showsTools = sessions.get(canonical)?.settings.verboseLevel !== "off";
        return {
          sessionKey,
          runs: liveRuns.of(canonical).map(({ runId, since, parts }) => ({
            runId,
            since,
            parts: showsTools ? parts : parts.filter((part) => part.kind !== "tool"),
            messages: ledger.why(runId).messages.map(waitingMessage),
          })),
          waiting: ledger.queued(canonical).map(waitingMessage),
        };
      },
    }),
    method({
      name: "chat.search",
      authority: "read",
      params: () =>
        z.strictObject({
          sessionKey: key,
          query: z.string().min(1).max(500),
          limit: z.int().min(1).max(100).optional(),
          // `older` of an earlier answer, for hits before those.
          before: z.int().min(0).optional(),
        }),
      async handler({ sessionKey, query, limit = 30, before }, { signal }) {
        const wanted = folded(query.trim());
        if (wanted === "") throw invalidRequest("query must not be blank");
        const { canonical } = sessionKeyOf(services, sessionKey);
        const hits: Array<{ id: string; role: string; timestamp: number; at: number; text: string }> = [];
        let older = before;
        for (let looked = 0; looked < entriesPerCall; looked += entriesPerTurn) {
          const page = sessions.get(canonical)
            ? sessions.page(canonical, { limit: entriesPerTurn, before: older })
            : [];
          for (const { entry, at } of page.toReversed()) {
            const text = snippet(entry, wanted);
            // What is in no file yet comes after all that is.
            if (text === null) continue;
            const { id, role, ts: timestamp } = entry;
            hits.push({ id, role, timestamp, at: at ?? Number.MAX_SAFE_INTEGER, text });
            if (hits.length >= limit)
              return { hits, ...(at === 0 ? {} : { older: at ?? Number.MAX_SAFE_INTEGER }) };
          }
          const first = page.find(({ at }) => at !== null)?.at ?? 0;
          if (page.length < entriesPerTurn || first === 0) return { hits };
          older = first;
          await new Promise((resolve) => setImmediate(resolve));
          signal.throwIfAborted();
        }
        return { hits, older };
      },
    }),
  ];
}

/** Tells those who look at a conversation that a message came to it. */
export function tellFollowers({ broadcaster, liveRuns }: GatewayServices, sessionKey: string): void {
  for (const connection of broadcaster.connections())
    if (liveRuns.follows(connection, sessionKey)) connection.sendEvent("chat.queue", { sessionKey });
}

const waitingMessage = ({ runId, text, media, receivedAt, door, replaces }: InboxRow) => ({
  runId,
  text,
  files: media.length,
  receivedAt,
  door,
  ...(replaces === undefined ? {} : { replaces: replaces.id }),
});

const folded = (text: string) => text.normalize("NFKC").toLowerCase();

/** The words around the first place where an entry says what is wanted (folded); null when it does not. */
function snippet(entry: TranscriptEntry, wanted: string): string | null {
  const text = textOf(entry.content);
  const at = folded(text).indexOf(wanted);
  if (at < 0) return null;
  const from = Math.max(0, at - snippetChars / 4);
  const cut = text.slice(from, from + snippetChars).replaceAll(/\s+/g, " ");
  return `${from > 0 ? "…" : ""}${cut}${from + snippetChars < text.length ? "…" : ""}`;
}
