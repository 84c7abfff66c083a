import type { TranscriptEntry } from "../core/conversation.ts";
import { isObject } from "../core/json.ts";
import type { FateCount, Item } from "./contract.ts";
import { isStorableKey } from "./keys.ts";
import type { LegacySource, SourceSession } from "./source.ts";
import { convertTranscript, type ConvertedTranscript } from "./transcript.ts";
import { item, type TargetView, type Work } from "./work.ts";

export interface ConversationPlan {
  items: Item[];
  messages: FateCount;
  notes: FateCount;
  left: Record<string, number>;
  added: number;
}

const none = (): FateCount => ({ found: 0, carried: 0, transformed: 0, left: 0 });

/** Sessions, transcripts and what is in them. Transcripts that no session names go to the archive, never into a live one. */
export async function planConversations(options: {
  source: LegacySource;
  target: TargetView;
  work: Work;
}): Promise<ConversationPlan> {
  const { source, target, work } = options;
  const plan: ConversationPlan = { items: [], messages: none(), notes: none(), left: {}, added: 0 };
  const converted = new Map<string, { agentId: string; result: ConvertedTranscript }>();
  const nameOf = (agentId: string, id: string): string => `${agentId}/${id}`;
  for (const { id, agentId, read } of source.transcripts) {
    const result = convertTranscript(id, read());
    converted.set(nameOf(agentId, id), { agentId, result });
    work.images.push(...result.images);
    add(plan.messages, result.count.messages);
    add(plan.notes, { carried: 0, ...result.count.notes });
    for (const [why, n] of Object.entries(result.left)) plan.left[why] = (plan.left[why] ?? 0) + n;
    plan.added += result.count.added;
  }
  const named = new Map<string, string>();
  for (const session of source.sessions) {
    if (!isStorableKey(session.key)) {
      for (const id of session.oldKeys)
        plan.items.push(
          item("session", id.slice(0, 80), "left", {
            reason: "its key is too long or has control characters",
          }),
        );
      continue;
    }
    const found = session.transcripts.flatMap((id) => converted.get(nameOf(session.agentId, id)) ?? []);
    for (const id of session.transcripts) named.set(nameOf(session.agentId, id), session.key);
    const parts = found.map(({ result }) => result.parts.at(-1) ?? []);
    const entries = mergeByTurn(parts);
    for (const [index, { result }] of found.entries()) {
      // What came before a reset is a conversation that was closed then.
      for (const [n, part] of result.parts.slice(0, -1).entries())
        await archive(`${session.transcripts[index]}-${n + 1}`, session.agentId, part);
    }
    const there = await target.idsOf(session.key);
    if (there === null || entries.some(({ id }) => !there.has(id)))
      work.sessions.push({
        key: session.key,
        agentId: session.agentId,
        record: recordOf(session),
        entries,
        isNew: there === null,
      });
    plan.items.push(...rowsOf(session, entries.length));
  }
  for (const { id, agentId } of source.transcripts) {
    const key = named.get(nameOf(agentId, id));
    if (key !== undefined) {
      plan.items.push(item("transcript", id, "transformed", { target: key }));
      continue;
    }
    const parts = converted.get(nameOf(agentId, id))?.result.parts ?? [];
    const all = parts.flat();
    await archive(id, agentId, all);
    plan.items.push(
      all.length > 0
        ? item("transcript", id, "transformed", {
            target: `agents/${agentId}/sessions/archive/${id}.jsonl`,
            reason: "no session names it: a conversation that was reset or deleted",
          })
        : item("transcript", id, "left", { reason: "there is nothing in it" }),
    );
  }
  return plan;

  async function archive(name: string, agentId: string, entries: TranscriptEntry[]): Promise<void> {
    const there = target.idsOfArchive(agentId, name);
    if (entries.some(({ id }) => !there.has(id))) work.archives.push({ agentId, name, entries });
    return Promise.resolve();
  }
}

function rowsOf(session: SourceSession, entries: number): Item[] {
  const { key, oldKeys } = session;
  const more = oldKeys.length > 1 ? `${oldKeys.length} entries of one conversation became one` : undefined;
  const empty = entries === 0 ? "it has no message" : undefined;
  return oldKeys.map((oldKey) =>
    item("session", oldKey, oldKey === key && more === undefined ? "carried" : "transformed", {
      target: key,
      reason: more ?? (oldKey === key ? empty : "written in its canonical form"),
    }),
  );
}

/** Without what is rebuilt anyway and makes nine tenths of an old list. */
function recordOf({ record }: SourceSession): Record<string, unknown> {
  const { skillsSnapshot: _s, systemPromptReport: _p, sessionDiffBaseline: _d, ...kept } = record;
  const delivery = kept["delivery"];
  if (isObject(delivery) && isObject(delivery["context"]) && kept["deliveryContext"] === undefined)
    kept["deliveryContext"] = delivery["context"];
  return kept;
}

/**
 * Several transcripts of one conversation as one, by the time each turn began. A turn (what a person said and what came
 * of it) stays together, and the order within a transcript is kept.
 */
export function mergeByTurn(transcripts: ReadonlyArray<readonly TranscriptEntry[]>): TranscriptEntry[] {
  const queues = transcripts.map((entries) => {
    const turns: TranscriptEntry[][] = [];
    for (const entry of entries) {
      const turn = turns.at(-1);
      if (!turn || entry.role === "user") turns.push([entry]);
      else turn.push(entry);
    }
    return turns;
  });
  const merged: TranscriptEntry[] = [];
  for (;;) {
    const next = queues.filter((turns) => turns.length > 0).toSorted((a, b) => startOf(a) - startOf(b))[0];
    const turn = next?.shift();
    if (!turn) return merged;
    for (const entry of turn) merged.push(entry);
  }
}

const startOf = (turns: TranscriptEntry[][]): number => turns[0]?.[0]?.ts ?? 0;

function add(total: FateCount, more: FateCount): void {
  total.found += more.found;
  total.carried += more.carried;
  total.transformed += more.transformed;
  total.left += more.left;
}
