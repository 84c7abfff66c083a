import { splitMarkdown } from "../channels/split/index.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { RunEventBody } from "../core/run-events.ts";
import { silentReply } from "../agent/index.ts";
import type {
  BlockMark,
  DeliveryContent,
  DeliveryTarget,
  Lease,
  Ledger,
  NewDelivery,
} from "../ledger/contract.ts";
import { nextCut, type BlockRule } from "./block-cut.ts";
import { markAt, sameText, sentUpTo } from "./block-marks.ts";
import { replyTargetOf, type ReplyStyle, type SentBlocks } from "./reply-deliveries.ts";

/** How answers are sent block by block (`agents.defaults.blockStreaming*`). */
export interface BlockSettings extends BlockRule {
  /** Blocks go out while a text is written, or when its message is complete. */
  when: "text_end" | "message_end";
  /** Milliseconds of silence of the model after which finished paragraphs go out, however few. */
  idleMs: number;
}

/** One message of the model within a run, by its number. */
interface Turn {
  text: string;
  marks: BlockMark[];
  /** Where its text goes on that was not sent; null while that cannot be told. */
  at: number | null;
  done: boolean;
}

interface BlockRun {
  lease: Lease;
  turns: Turn[];
  /** Blocks of which the commit is not known yet. */
  pending: Map<string, NewDelivery>;
  over: boolean;
  end: SentBlocks | null;
  cancelIdle(): void;
}

export interface BlockRepliesDeps {
  ledger: Pick<Ledger, "deliveries" | "enqueueWhileRunning">;
  clock: Clock;
  logger: Logger;
  /** Undefined where nothing may be sent. */
  styleOf(target: DeliveryTarget, lease: Lease): ReplyStyle | undefined;
  /** What the model said so far in this run, message by message: of a run that goes on after a crash. */
  said(lease: Lease): string[];
  onDeliveries(): void;
}

/**
 * Finished blocks of an answer as messages of their own while the run goes on. Each is a delivery whose key is made of
 * run, message and number, with a mark of how much of the message was sent with it. After a crash the marks tell
 * where to go on, also when the model begins anew; if it says something else then, all of that is sent.
 */
export function createBlockReplies(deps: BlockRepliesDeps) {
  const { ledger, clock, logger } = deps;
  const active = new Map<string, BlockRun>();

  function begin(lease: Lease, resumed: boolean): void {
    const run: BlockRun = {
      lease,
      turns: [],
      pending: new Map(),
      over: false,
      end: null,
      cancelIdle: () => {},
    };
    const marks = resumed ? marksOf(lease.runId) : [];
    // Whoever has no blocks pays nothing for them.
    if (!place(run) && marks.length === 0) return;
    active.set(lease.runId, run);
    if (!resumed) return;
    const said = deps.said(lease);
    const count = Math.max(said.length, ...marks.map(({ turn }) => turn + 1));
    for (let index = 0; index < count; index++) {
      const text = said[index] ?? "";
      const own = marks.filter(({ turn }) => turn === index);
      const done = index < said.length;
      run.turns.push({ text, marks: own, at: sentUpTo(text, own, !done), done });
    }
  }

  const marksOf = (runId: string): BlockMark[] =>
    ledger
      .deliveries({ runId, limit: 10_000 })
      .flatMap(({ content }) => (content?.kind === "message" && content.block ? [content.block] : []));

  function place(run: BlockRun): { target: DeliveryTarget; style: ReplyStyle; blocks: BlockSettings } | null {
    const target = replyTargetOf(run.lease.messages);
    const style = target && deps.styleOf(target, run.lease);
    return target && style?.blocks ? { target, style, blocks: style.blocks } : null;
  }

  /** The message that is being written. */
  function current(run: BlockRun): Turn {
    const last = run.turns.at(-1);
    if (last && !last.done) return last;
    const next: Turn = { text: "", marks: [], at: 0, done: false };
    run.turns.push(next);
    return next;
  }

  function grow(run: BlockRun, { text, delta }: { text: string; delta: string }): void {
    flush(run);
    const turn = current(run);
    const goesOn = text.length === turn.text.length + delta.length && turn.at !== null;
    turn.text = text;
    if (!goesOn) turn.at = sentUpTo(text, turn.marks, true);
    const to = place(run);
    if (to?.blocks.when !== "text_end" || silentReply.startsWith(text.trim())) return;
    store(run, finished(run, turn));
    run.cancelIdle();
    run.cancelIdle = clock.after(to.blocks.idleMs, () => {
      const least = { ...to.blocks, minChars: 1, prefer: "paragraph" } as const;
      const end = run.over || turn.done || turn.at === null ? null : nextCut(turn.text, turn.at, least);
      if (end !== null) store(run, blockOf(run, turn, end));
    });
  }

  /** Sends what is left of messages that are complete and not the last. */
  function flush(run: BlockRun): void {
    for (const turn of run.turns) if (turn.done) store(run, rest(run, turn));
  }

  /** The blocks of a complete message that were not sent. */
  function rest(run: BlockRun, turn: Turn): NewDelivery[] {
    const end = turn.text.trimEnd().length;
    return [...finished(run, turn), ...blockOf(run, turn, end)];
  }

  /** What of a message is finished and not sent. */
  function finished(run: BlockRun, turn: Turn): NewDelivery[] {
    const made: NewDelivery[] = [];
    const blocks = place(run)?.blocks;
    for (;;) {
      const end = blocks && turn.at !== null ? nextCut(turn.text, turn.at, blocks) : null;
      const block = end === null ? [] : blockOf(run, turn, end);
      if (block.length === 0) return made;
      made.push(...block);
    }
  }

  function store(run: BlockRun, deliveries: readonly NewDelivery[]): void {
    for (const delivery of deliveries) {
      run.pending.set(delivery.key, delivery);
      ledger.enqueueWhileRunning({ ...delivery, runId: run.lease.runId }).then(
        () => {
          run.pending.delete(delivery.key);
          deps.onDeliveries();
        },
        // It stays pending and goes out with the end of the run.
        (error: unknown) =>
          logger.warn("a block could not be stored", { key: delivery.key, error: messageOf(error) }),
      );
    }
  }

  /** The deliveries of the next block of a message, which counts as sent from then on. */
  function blockOf(run: BlockRun, turn: Turn, end: number): NewDelivery[] {
    const to = place(run);
    if (!to || turn.at === null) return [];
    const text = turn.text.slice(turn.at, end).trim();
    if (text === "" || turn.text.trim() === silentReply) return [];
    const isFirst = run.turns.every(({ marks }) => marks.length === 0);
    const { target, style } = to;
    const number = run.turns.indexOf(turn);
    const mark = markAt(number, turn.text, end);
    const key = `${run.lease.runId}:block:${number}.${turn.marks.length}`;
    const isPrefixed = style.prefix !== "" && turn.at === 0;
    const parts = splitMarkdown(isPrefixed ? `${style.prefix} ${text}` : text, style.limit);
    turn.at = end;
    turn.marks.push(mark);
    return parts.map((part, index): NewDelivery => {
      const quotes = style.replyTo === "all" || (style.replyTo === "first" && isFirst && index === 0);
      const content: DeliveryContent = {
        kind: "message",
        ...(quotes && target.answers !== undefined ? { replyTo: target.answers } : {}),
        ...(index === parts.length - 1 ? { block: mark } : {}),
      };
      return { key: `${key}:${index}`, runId: run.lease.runId, target, text: part, content };
    });
  }

  /** What of the end of a run went out before, and what has to go out before it. Nothing is stored after this. */
  function finish(run: BlockRun, outcome: RunOutcome): SentBlocks | null {
    run.over = true;
    run.cancelIdle();
    const isSent = run.turns.some(({ marks }) => marks.length > 0);
    if (!place(run) && !isSent) return null;
    const turnOf = new Map<number, Turn>();
    let before = run.turns.length;
    for (let index = outcome.payloads.length - 1; index >= 0; index--) {
      const text = outcome.payloads[index]?.text ?? "";
      const found = run.turns.findLastIndex((turn, at) => at < before && sameText(turn.text, text));
      const turn = run.turns[found];
      if (!turn) continue;
      before = found;
      turnOf.set(index, turn);
    }
    const answers = new Set(turnOf.values());
    const deliveries = [...run.pending.values()];
    const isOk = outcome.status === "ok";
    for (const turn of isOk ? run.turns : [])
      if (turn.done && !answers.has(turn)) deliveries.push(...rest(run, turn));
    // One answer only: blocks of a second one must not come before the first.
    const [only, ...others] = isOk ? answers : [];
    if (only && others.length === 0 && outcome.payloads.length === 1) deliveries.push(...finished(run, only));
    const sent = outcome.payloads.map(
      ({ text }, index) => sentUpTo(text, turnOf.get(index)?.marks ?? [], false) ?? 0,
    );
    return { deliveries, sent, isFirst: !isSent && deliveries.length === 0 };
  }

  return {
    onEvent(lease: Lease, body: RunEventBody): void {
      if (body.type === "started") return begin(lease, body.resumed);
      const run = active.get(lease.runId);
      if (!run || run.over) return;
      if (body.type === "text") grow(run, body);
      else if (body.type === "tool_started") flush(run);
      else if (body.type === "usage") {
        run.cancelIdle();
        const turn = current(run);
        turn.done = true;
        // Now it can be told, whatever was sent before a crash.
        turn.at = sentUpTo(turn.text, turn.marks, false);
      }
    },
    /** See {@link SentBlocks}; null for a run whose answer is sent whole. To be called where its end is committed. */
    finish(outcome: RunOutcome): SentBlocks | null {
      const run = active.get(outcome.runId);
      if (!run) return null;
      return (run.end ??= finish(run, outcome));
    },
    forget(runId: string): void {
      active.get(runId)?.cancelIdle();
      active.delete(runId);
    },
  };
}
