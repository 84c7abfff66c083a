import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "../../src/core/clock.ts";
import { textOf, type TranscriptEntry } from "../../src/core/conversation.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { openStorage, type SessionStore } from "../../src/sessions/index.ts";
import { resolvePaths } from "../../src/state/index.ts";
import type { Message } from "./doors.ts";
import type { FakePlatform } from "./platform.ts";

/** What must hold after any sequence of faults. Every sentence of the result is one broken promise. */
export async function verify(options: {
  stateDir: string;
  accepted: readonly Message[];
  platform: FakePlatform;
}): Promise<string[]> {
  const broken: string[] = [];
  const paths = resolvePaths({
    env: { OPENCLAW_STATE_DIR: options.stateDir },
    home: join(options.stateDir, ".."),
  });

  const check = new DatabaseSync(paths.ledgerPath, { readOnly: true });
  const integrity = check.prepare("PRAGMA integrity_check").get() as { integrity_check: string };
  if (integrity.integrity_check !== "ok") broken.push(`the ledger is damaged: ${integrity.integrity_check}`);
  check.close();

  const lines = readTranscripts(join(paths.agentsDir, "main", "sessions"), broken);
  const { ledger, sessions } = await openStorage({
    paths,
    clock: systemClock,
    logger: silentLogger,
    policy: () => ({
      maxConcurrent: 1,
      maxConcurrentPerAgent: () => 1,
      leaseMs: 1000,
      defaultTimeoutMs: 1000,
      maxQueuedPerSession: 1,
    }),
  });
  try {
    for (const message of options.accepted) {
      // The dot ends the token: token-1 is not token-12.
      const token = `${message.token}.`;
      const rows = ledger.why(runIdOf(message)).messages.filter((row) => row.runId === runIdOf(message));
      if (rows.length !== 1)
        broken.push(`${message.token} (${message.door}): ${rows.length} inbox rows, wanted 1`);
      for (const row of rows) {
        if (row.state !== "done" || row.outcome === null)
          broken.push(`${message.token} (${message.door}): no outcome, state ${row.state}`);
      }
      const asked = lines.filter((line) => line.role === "user" && textOf(line.content).includes(token));
      const answered = lines.filter(
        (line) => line.role === "assistant" && textOf(line.content).includes(`ok ${token}`),
      );
      const outcome = rows[0]?.outcome;
      if (asked.length > 1) broken.push(`${message.token}: asked ${asked.length} times in the transcript`);
      if (answered.length > 1) broken.push(`${message.token}: answered ${answered.length} times`);
      const isReply = message.text.startsWith("Reply with:");
      if (
        (outcome === "answered" || outcome === "answered_with_others") &&
        isReply &&
        answered.length !== 1 &&
        message.door !== "responses"
      ) {
        broken.push(`${message.token}: outcome ${outcome} but ${answered.length} answers in the transcript`);
      }
      if (message.door === "webhook" && isReply && outcome === "answered") {
        const shown = options.platform.shown.filter((each) => each.text.includes(`ok ${token}`));
        if (shown.length !== 1)
          broken.push(`${message.token}: the platform shows ${shown.length} replies, wanted 1`);
      }
    }
    const activity = ledger.activity();
    if (activity.queued > 0 || activity.running.length > 0) {
      broken.push(`${activity.queued} messages still wait and ${activity.running.length} runs hold a lease`);
    }
    for (const session of sessions.list({ limit: 1000 })) checkBranch(session.key, sessions, broken);
    for (const session of sessions.list({ limit: 1000 }))
      checkOrder(session.key, ledger.why(session.key).messages, lines, broken);
  } finally {
    await ledger.close();
  }
  const memory = join(paths.defaultWorkspaceDir, "MEMORY.md");
  if (existsSync(memory)) {
    const text = readFileSync(memory, "utf8");
    for (const message of options.accepted) {
      const times = text.split(`${message.token}.`).length - 1;
      if (times > 1) broken.push(`${message.token}: remembered ${times} times`);
    }
  }
  return broken;
}

/** Channels name a run after the platform's message, the HTTP interface after a digest of the key, RPC after the key. */
function runIdOf(message: Message): string {
  if (message.door === "webhook") return `webhook:default:${message.key}`;
  if (message.door === "responses")
    return `resp_${createHash("sha256").update(message.key).digest("hex").slice(0, 32)}`;
  return message.key;
}

function readTranscripts(folder: string, broken: string[]): TranscriptEntry[] {
  const entries: TranscriptEntry[] = [];
  if (!existsSync(folder)) return entries;
  const ids = new Set<string>();
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".jsonl"))) {
    const text = readFileSync(join(folder, name), "utf8");
    if (text !== "" && !text.endsWith("\n")) broken.push(`${name} ends in half a line`);
    for (const [index, line] of text.split("\n").entries()) {
      if (line === "") continue;
      try {
        const entry = JSON.parse(line) as TranscriptEntry;
        if (ids.has(`${name}:${entry.id}`))
          broken.push(`${name}:${index + 1}: entry ${entry.id} stands twice`);
        ids.add(`${name}:${entry.id}`);
        entries.push(entry);
      } catch {
        broken.push(`${name}:${index + 1} is not JSON`);
      }
    }
  }
  return entries;
}

/** The conversation is what a plain list would be, of which every change takes the end away. */
function checkBranch(key: string, sessions: SessionStore, broken: string[]): void {
  const path = sessions.transcriptPath(key);
  if (!existsSync(path)) return;
  let branch: TranscriptEntry[] = [];
  for (const line of readFileSync(path, "utf8").split("\n").filter(Boolean)) {
    const entry = JSON.parse(line) as TranscriptEntry;
    const at = entry.replaces ? branch.findIndex(({ id }) => id === entry.replaces?.id) : -1;
    if (entry.replaces && at < 0) broken.push(`${key}: ${entry.id} replaces what was replaced before`);
    branch = [...(at < 0 ? branch : branch.slice(0, at)), entry];
  }
  const read = sessions.tail(key, 1_000_000, { asides: true });
  if (read.map(({ id }) => id).join() !== branch.map(({ id }) => id).join())
    broken.push(`${key}: ${read.length} entries are read, ${branch.length} are the conversation`);
}

/** In the transcript the messages of a session stand in the order in which they were accepted. */
function checkOrder(
  key: string,
  rows: Array<{ seq: number; text: string }>,
  lines: TranscriptEntry[],
  broken: string[],
): void {
  const position = new Map<string, number>();
  for (const [index, line] of lines.entries()) {
    if (line.role !== "user") continue;
    for (const token of textOf(line.content).match(/token-\d+/g) ?? [])
      if (!position.has(token)) position.set(token, index);
  }
  let last = -1;
  for (const row of [...rows].sort((a, b) => a.seq - b.seq)) {
    const token = /token-\d+/.exec(row.text)?.[0];
    const at = token === undefined ? undefined : position.get(token);
    if (at === undefined) continue;
    if (at < last) broken.push(`${key}: ${token} stands before a message accepted earlier`);
    last = Math.max(last, at);
  }
}
