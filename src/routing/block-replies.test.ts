import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { policy } from "../../test/support/ledger-values.ts";
import { manualClock, type ManualClock } from "../../test/support/manual-clock.ts";
import type { AgentRunner, RunHooks } from "../agent/contract.ts";
import { OpenClawError } from "../core/errors.ts";
import { scopes } from "../core/authority.ts";
import { noUsage } from "../core/conversation.ts";
import { silentLogger } from "../core/logger.ts";
import type { RunOutcome } from "../core/outcome.ts";
import type { Lease } from "../ledger/contract.ts";
import { openStorage, type Storage } from "../sessions/index.ts";
import { resolvePaths } from "../state/index.ts";
import type { BlockSettings } from "./block-replies.ts";
import type { ReplyStyle } from "./reply-deliveries.ts";
import { createRunService } from "./run-service.ts";

let home: string;
let storage: Storage;
let clock: ManualClock;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "openclaw-blocks-"));
  clock = manualClock();
  storage = await open();
});
afterEach(async () => {
  await storage.close();
  rmSync(home, { recursive: true, force: true });
});
async function open(): Promise<Storage> {
  const paths = resolvePaths({ env: {}, home });
  const opened = await openStorage({ paths, clock, logger: silentLogger, policy: () => policy() });
  await opened.ledger.recover();
  return opened;
}

const usage = { type: "usage", usage: noUsage } as const;
const tool = { type: "tool_started", callId: "c", name: "read", input: {} } as const;

/** Says a text a few letters at a time, as far as it gets. */
function say(hooks: RunHooks, text: string, upTo = text.length): void {
  for (let at = 0; at < upTo; at += 7) {
    const end = Math.min(upTo, at + 7);
    hooks.emit({ type: "text", text: text.slice(0, end), delta: text.slice(at, end) });
  }
}

type Script = (hooks: RunHooks, lease: Lease) => Promise<string[] | "dies">;

/** Runs one message through the service; the script says what the model does, and returns the payloads. */
async function run(
  script: Script,
  change: { blocks?: Partial<BlockSettings>; style?: Partial<ReplyStyle> } = {},
) {
  const ended = Promise.withResolvers<void>();
  const runner: AgentRunner = {
    async run(lease, hooks) {
      try {
        const texts = await script(hooks, lease);
        if (texts === "dies") throw new OpenClawError("RUN_SUSPENDED", "killed");
        const { runId, sessionId, sessionKey } = lease;
        const outcome: RunOutcome = {
          runId,
          sessionId,
          sessionKey,
          status: "ok",
          usage: noUsage,
          startedAt: 1,
          endedAt: 2,
          reason: texts.length > 0 ? "answered" : "silent",
          payloads: texts.map((text) => ({ text, mediaUrl: null })),
        };
        await storage.ledger.complete(lease, { outcome, entries: [], deliveries: hooks.deliveries(outcome) });
        return outcome;
      } finally {
        ended.resolve();
      }
    },
  };
  const blocks: BlockSettings = {
    minChars: 10,
    maxChars: 60,
    prefer: "paragraph",
    when: "text_end",
    idleMs: 1000,
    ...change.blocks,
  };
  const runs = createRunService({
    ledger: storage.ledger,
    sessions: storage.sessions,
    runner,
    clock,
    logger: silentLogger,
    settings: () => ({
      defaultAgentId: "main",
      mainKey: "main",
      queueMode: "followup",
      leaseMs: 30_000,
      agentIds: () => ["main"],
      replyStyle: () => ({
        prefix: "",
        limit: 100,
        replyTo: "first",
        preview: false,
        blocks,
        ...change.style,
      }),
    }),
    preempts: () => false,
    onDeliveries: () => {},
  });
  runs.start();
  await runs.submit({
    door: "test",
    key: "run",
    sessionKey: "main",
    principal: { kind: "operator", id: "me", role: "operator", scopes: new Set(scopes), owner: true },
    text: "go",
    deliverTo: { channel: "telegram", account: "default", to: "1", answers: "m1" },
  });
  await ended.promise;
  await runs.drain(1000);
}
/** The process is gone, and the next one looks. */
async function crash() {
  await storage.close();
  clock.advance(60_000);
  storage = await open();
}
const rows = () => storage.ledger.deliveries({ runId: "run" });
const texts = () => rows().map(({ text }) => text);
/** Resolves when so many deliveries are committed. */
async function committed(count: number): Promise<void> {
  while (rows().length < count) await new Promise((resolve) => setImmediate(resolve));
}

const answer = "First paragraph.\n\nSecond paragraph.\n\nThe third one.";
const parts = ["First paragraph.", "Second paragraph.", "The third one."];

describe("an answer in blocks", () => {
  it("goes out while it is written, and its end brings only the rest", async () => {
    await run(
      async (hooks) => {
        say(hooks, answer, 45);
        await committed(2);
        expect(texts()).toEqual(["[claw] First paragraph.", "Second paragraph."]);
        say(hooks, answer);
        hooks.emit(usage);
        return [answer];
      },
      { style: { prefix: "[claw]" } },
    );
    expect(texts()).toEqual(["[claw] First paragraph.", "Second paragraph.", "The third one."]);
    const quoted = rows().map(({ content }) => (content?.kind === "message" ? content.replyTo : undefined));
    expect(quoted).toEqual(["m1", undefined, undefined]);
  });

  it("goes on where it was after a crash between two blocks, although the model begins anew", async () => {
    await run(async (hooks) => {
      say(hooks, answer, 25);
      await committed(1);
      return "dies";
    });
    await crash();
    await run((hooks) => {
      say(hooks, answer);
      hooks.emit(usage);
      return Promise.resolve([answer]);
    });
    expect(texts()).toEqual(parts);
  });

  it("sends all of another answer that the model gives after a crash", async () => {
    await run(async (hooks) => {
      say(hooks, answer, 25);
      await committed(1);
      return "dies";
    });
    await crash();
    const other = "Something else.\n\nEntirely new.\n\nThe third one.";
    await run((hooks) => {
      say(hooks, other);
      hooks.emit(usage);
      return Promise.resolve([other]);
    });
    expect(texts()).toEqual(["First paragraph.", "Something else.", "Entirely new.", "The third one."]);
  });

  it("includes blocks whose commit is under way when the run ends, once", async () => {
    await run((hooks) => {
      say(hooks, answer);
      hooks.emit(usage);
      return Promise.resolve([answer]);
    });
    expect(texts()).toEqual(parts);
  });

  it("brings what is said before a tool when it begins, and after a crash what was left of it", async () => {
    const before = "Let me look into that.";
    await run(async (hooks, lease) => {
      say(hooks, before);
      hooks.emit(usage);
      await storage.ledger.recordEntries(lease, [
        {
          id: "a",
          ts: 1,
          role: "assistant",
          runId: "run",
          content: [{ type: "text", text: before }],
          usage: noUsage,
        },
      ]);
      return "dies";
    });
    expect(texts()).toEqual([]);
    await crash();
    await run(async (hooks) => {
      hooks.emit(tool);
      await committed(1);
      expect(texts()).toEqual([before]);
      say(hooks, answer);
      hooks.emit(usage);
      return [answer];
    });
    expect(texts()).toEqual([before, ...parts]);
  });

  it("does not wait for more when the model falls silent", async () => {
    await run(
      async (hooks) => {
        say(hooks, answer, 25);
        clock.advance(999);
        expect(rows()).toEqual([]);
        clock.advance(1);
        await committed(1);
        expect(texts()).toEqual(parts.slice(0, 1));
        say(hooks, answer);
        hooks.emit(usage);
        return [answer];
      },
      { blocks: { minChars: 500, maxChars: 800 } },
    );
    expect(texts()).toEqual([parts[0], "Second paragraph.\n\nThe third one."]);
  });

  it("waits for the end of the message where told so", async () => {
    await run(
      async (hooks) => {
        say(hooks, answer);
        await new Promise((resolve) => setImmediate(resolve));
        expect(rows()).toEqual([]);
        hooks.emit(usage);
        return [answer];
      },
      { blocks: { when: "message_end" } },
    );
    expect(texts()).toEqual(["First paragraph.\n\nSecond paragraph.", "The third one."]);
  });

  it("says nothing when the agent chooses silence", async () => {
    await run((hooks) => {
      say(hooks, "NO_REPLY");
      clock.advance(5000);
      hooks.emit(usage);
      return Promise.resolve([]);
    });
    expect(texts()).toEqual([]);
  });

  it("loses and doubles no word, wherever processes die", async () => {
    const piece = fc.constantFrom("word ", "A sentence. ", "line\n", "para\n\n", "```\nx\n\ny\n```\n\n");
    const wholes = fc.array(piece, { minLength: 1, maxLength: 40 }).map((all) => `start ${all.join("")}`);
    const deaths = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), {
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(wholes, deaths, async (whole, dies) => {
        rmSync(home, { recursive: true, force: true });
        home = mkdtempSync(join(tmpdir(), "openclaw-blocks-"));
        await storage.close().catch(() => undefined);
        storage = await open();
        for (const [share, isIdle] of dies) {
          await run((hooks) => {
            say(hooks, whole, Math.floor(whole.length * share));
            if (isIdle) clock.advance(1000);
            return Promise.resolve("dies");
          });
          await crash();
        }
        await run((hooks) => {
          say(hooks, whole);
          hooks.emit(usage);
          return Promise.resolve([whole.trim()]);
        });
        const solid = (text: string) => text.replaceAll(/\s/g, "");
        expect(solid(texts().join(""))).toBe(solid(whole));
      }),
      { numRuns: 12 },
    );
  });
});
