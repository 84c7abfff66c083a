import { appendFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestServices } from "../../../test/support/gateway-services.ts";
import type { Connection, Method } from "../contract.ts";
import { createHealth } from "../health.ts";
import { createServiceMethods, startEventRelays } from "./index.ts";

let harness: Awaited<ReturnType<typeof createTestServices>>;
let methods: Method[];
let stopRelays: () => void;
beforeEach(async () => {
  harness = await createTestServices();
  methods = createServiceMethods(harness.services, createHealth(harness.services));
  stopRelays = startEventRelays(harness.services);
});
afterEach(async () => {
  stopRelays();
  await harness.close();
});

const call = <T>(name: string, params: unknown, connection?: Connection) =>
  harness.call(methods, name, params, connection) as Promise<T>;

interface Live {
  runs: Array<{ runId: string; since: number; parts: unknown[]; messages: Array<{ text: string }> }>;
  waiting: Array<{ runId: string; text: string; files: number }>;
}
interface Found {
  hits: Array<{ id: string; text: string; at: number }>;
  older?: number;
}

describe("chat.live", () => {
  it("tells who comes late what a run did so far and what waits, and tells of it from then on", async () => {
    const starter = harness.connect("starter");
    const watcher = harness.connect("watcher", {
      caps: ["tool-events", "tool-output"],
      scopes: ["operator.read"],
    });
    const elsewhere = harness.connect("elsewhere", { caps: ["tool-events"] });
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    harness.agent.script = async (_lease, hooks) => {
      hooks.emit({ type: "thinking", text: "hm", delta: "hm" });
      hooks.emit({ type: "text", text: "Let", delta: "Let" });
      hooks.emit({ type: "text", text: "Let me look", delta: " me look" });
      hooks.emit({ type: "tool_started", callId: "t1", name: "read", input: { path: "a" } });
      hooks.emit({ type: "tool_update", callId: "t1", name: "read", partial: "line 1" });
      begun.resolve();
      await gate.promise;
      hooks.emit({
        type: "tool_finished",
        callId: "t1",
        name: "read",
        isError: false,
        content: [{ type: "text", text: "line 1\nline 2" }],
        durationMs: 5,
      });
      return { payloads: [{ text: "done", mediaUrl: null }] };
    };
    await call("chat.live", { sessionKey: "elsewhere" }, elsewhere);
    await call("chat.send", { sessionKey: "main", message: "look", idempotencyKey: "r1" }, starter);
    await begun.promise;
    await call("chat.send", { sessionKey: "main", message: "and then", idempotencyKey: "r2" }, starter);
    const live = await call<Live>("chat.live", { sessionKey: "agent:main:main" }, watcher);
    expect(live.runs).toEqual([
      {
        runId: "r1",
        since: expect.any(Number),
        parts: [
          { kind: "thinking", text: "hm" },
          { kind: "text", text: "Let me look" },
          {
            kind: "tool",
            tool: {
              id: "t1",
              name: "read",
              input: { path: "a" },
              output: "line 1",
              state: "running",
              durationMs: null,
              waitingFor: null,
            },
          },
        ],
        messages: [expect.objectContaining({ runId: "r1", text: "look", door: "chat.send" })],
      },
    ]);
    expect(live.waiting).toEqual([expect.objectContaining({ runId: "r2", text: "and then", files: 0 })]);
    await call("chat.send", { sessionKey: "main", message: "third", idempotencyKey: "r3" }, starter);
    expect(harness.events.filter((each) => each.event === "chat.queue").map((each) => each.to)).toEqual([
      "watcher",
    ]);
    // What waits can be taken back by its id, and the run goes on.
    expect(await call("chat.abort", { sessionKey: "main", runId: "r2" }, starter)).toMatchObject({
      runIds: ["r2"],
    });
    gate.resolve();
    await harness.services.runs.wait("r1", 5000);
    await harness.services.runs.wait("r3", 5000);
    const tools = harness.events.filter((each) => each.payload["stream"] === "tool");
    expect(tools[0]?.to).toBe("watcher");
    expect(new Set(tools.map((each) => each.to))).toEqual(new Set(["watcher"]));
    expect(tools[0]?.payload["data"]).toMatchObject({
      phase: "result",
      result: { content: [{ text: "line 1\nline 2" }] },
    });
    expect(await call<Live>("chat.live", { sessionKey: "main" }, watcher)).toMatchObject({
      runs: [],
      waiting: [],
    });
  });
});

describe("chat.search", () => {
  it("finds words wherever they stand, newest first, a page at a time", async () => {
    const { sessions } = harness.services;
    await sessions.ensure("agent:main:big", "main");
    await sessions.append("agent:main:big", [
      { id: "first", ts: 1, role: "user", content: [{ type: "text", text: "The NEEDLE at the beginning" }] },
    ]);
    const lines = Array.from({ length: 2500 }, (_, index) =>
      JSON.stringify({
        id: `e${index}`,
        ts: index + 2,
        role: "assistant",
        content: [{ type: "text", text: index % 1000 === 500 ? `needle ${index}` : `hay ${index}` }],
      }),
    );
    appendFileSync(sessions.transcriptPath("agent:main:big"), `${lines.join("\n")}\n`);
    const ids: string[] = [];
    let before: number | undefined;
    do {
      const found: Found = await call<Found>("chat.search", {
        sessionKey: "big",
        query: " ｎeedle ",
        limit: 2,
        ...(before === undefined ? {} : { before }),
      });
      ids.push(...found.hits.map(({ id }) => id));
      before = found.older;
    } while (before !== undefined);
    expect(ids).toEqual(["e1500", "e500", "first"]);
    // The place of a hit is where a page of the history can begin.
    const { hits } = await call<Found>("chat.search", { sessionKey: "big", query: "needle 1500" });
    const page = await call<{ messages: Array<{ id: string }> }>("chat.history", {
      sessionKey: "big",
      limit: 1,
      before: hits[0]?.at,
    });
    expect(page.messages.map(({ id }) => id)).toEqual(["e1499"]);
    // From there on, page by page, the history comes to its end, each message once.
    await sessions.append("agent:main:big", [
      { id: "last", ts: 9999, role: "user", content: [{ type: "text", text: "é".repeat(70_000) }] },
    ]);
    const forward: string[] = [];
    let from = hits[0]?.at;
    while (from !== undefined) {
      const next: { messages: Array<{ id: string }>; newer?: number } = await call("chat.history", {
        sessionKey: "big",
        limit: 300,
        from,
      });
      forward.push(...next.messages.map(({ id }) => id));
      from = next.newer;
    }
    expect(forward).toEqual([...Array.from({ length: 1000 }, (_, index) => `e${index + 1500}`), "last"]);
    expect(await call<Found>("chat.search", { sessionKey: "big", query: "nothing like it" })).toEqual({
      hits: [],
    });
    await expect(call("chat.search", { sessionKey: "big", query: "  " })).rejects.toThrow("blank");
  });
});
