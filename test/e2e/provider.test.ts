// What providers and tools do to a turn: pages instead of answers, silence, odd characters, huge and binary output.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startFakeProvider, toolRounds, type FakeProvider } from "../fakes/providers/server.ts";
import { baseConfig, createHome, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { signIn, type SignedIn } from "../support/e2e-socket.ts";

let provider: FakeProvider;
let home: E2eHome;
let gateway: Gateway;
let client: SignedIn;
let workspace: string;
beforeAll(async () => {
  provider = await startFakeProvider({ wire: "openai-chat" });
  home = createHome({
    config: {
      ...baseConfig,
      models: {
        detectLocal: false,
        providers: {
          fake: {
            baseUrl: provider.baseUrl,
            api: "openai-chat",
            apiKey: "sk-fake-0123456789abcdef",
            models: [{ id: "fake-model", contextWindow: 200_000 }],
          },
        },
      },
      agents: { defaults: { model: "fake/fake-model", toolTimeoutSeconds: 20 } },
      tools: { exec: { security: "full", ask: "off" } },
    },
  });
  gateway = await home.gateway();
  client = await signIn(gateway);
  workspace = join(home.stateDir, "workspace");
});
afterAll(async () => {
  client.socket.terminate();
  expect((await gateway.stop()).status).toBe(0);
  await provider.stop();
  await home[Symbol.asyncDispose]();
});

let runs = 0;
/** One turn of its own session; the final answer of `agent` and the session. */
async function turn(message: string, extra: object = {}) {
  runs += 1;
  const id = `turn-${runs}`;
  const sessionKey = `s${runs}`;
  client.send({
    type: "req",
    id,
    method: "agent",
    params: { message, sessionKey, idempotencyKey: id, deliver: false, ...extra },
  });
  const accepted = await client.next((frame) => frame["id"] === id);
  expect(accepted.payload).toMatchObject({ runId: id, status: "accepted" });
  const final = await client.next((frame) => frame["id"] === id);
  const payload = final.payload as {
    status?: string;
    summary?: string;
    result?: { payloads?: Array<{ text: string }> };
  };
  const text = payload.result?.payloads?.map((each) => each.text).join("\n") ?? "";
  return { final, payload, text, sessionKey };
}
/** Calls one tool, then answers with what the tool gave (cut). */
function callsTool(name: string, input: object) {
  provider.setScript((request) =>
    toolRounds(request.body ?? null) === 0
      ? { toolCalls: [{ id: `call_${request.number}`, name, input }] }
      : { text: "done" },
  );
}
/** The result of the last tool call, as the model was given it. */
function toolResult(): string {
  const messages = provider.requests.at(-1)?.body?.["messages"] as Array<{ role: string; content: unknown }>;
  const last = messages.findLast((message) => message.role === "tool");
  return typeof last?.content === "string" ? last.content : JSON.stringify(last?.content);
}
const answersAgain = async () => {
  provider.setScript([{ text: "still here" }]);
  expect((await turn("hello")).text).toBe("still here");
};

test.each(["html", "html_error", "malformed", "truncated", "abort_midway", "reset", "redirect"] as const)(
  "a provider that answers with %s: the turn ends with a text that names provider and cause, without its key",
  async (broken) => {
    provider.setScript([{ broken }]);
    const { final, payload, text } = await turn("hello", { timeout: 15 });
    const said = `${text} ${payload.summary ?? ""} ${JSON.stringify(final.error ?? {})}`;
    expect(said).toContain("fake");
    if (broken.startsWith("html")) expect(said).toMatch(/HTML|502/);
    expect(said).not.toContain("sk-fake");
    expect(said).not.toContain("<html");
  },
  25_000,
);

test("a provider that never answers: the deadline of the run ends it and the session goes on", async () => {
  provider.setScript([{ broken: "hang" }]);
  const { final, payload } = await turn("hello", { timeout: 1 });
  expect(final["ok"]).toBe(false);
  expect(payload).toMatchObject({ status: expect.stringMatching(/timeout|error/) as string });
  expect(JSON.stringify(final)).toMatch(/1 ?s|deadline|timed? ?out/i);
  provider.setScript([{ broken: "hang_midway" }]);
  const midway = await turn("hello", { timeout: 1 });
  expect(midway.final["ok"]).toBe(false);
  await answersAgain();
});

test("emoji cut in two and lone surrogates arrive whole or as U+FFFD, everywhere", async () => {
  const pieces = "a👩‍👩‍👧‍👦b🦞c\u0000d".repeat(40);
  provider.setScript([{ text: pieces, pieces: 333 }]);
  const whole = await turn("odd characters");
  expect(whole.text).toBe(pieces);
  const lone = `broken \ud83e end \udd9e.`;
  provider.setScript([{ text: lone, pieces: 2 }]);
  const { text, sessionKey } = await turn("a lone \ud800 one");
  expect(text).toMatch(/^broken (\ud83e|\ufffd) end (\udd9e|\ufffd)\.$/);
  expect(text.isWellFormed()).toBe(true);
  // What was stored is valid UTF-8 and goes back to the provider as such.
  provider.setScript([{ text: "next" }]);
  client.send({
    type: "req",
    id: "more",
    method: "agent",
    params: { message: "more", sessionKey, idempotencyKey: "more", deliver: false },
  });
  await client.next((frame) => frame["id"] === "more");
  expect((await client.next((frame) => frame["id"] === "more"))["ok"]).toBe(true);
  expect(JSON.stringify(provider.requests.at(-1)?.body).isWellFormed()).toBe(true);
  const history = await client.ask("chat.history", { sessionKey });
  expect(JSON.stringify(history)).toContain("broken");
  const shown = await home.cli(["sessions", "show", sessionKey]);
  expect(shown.status).toBe(0);
  expect(shown.stdout).not.toContain("\u0000");
});

test("10 MB of tool output is cut for the model and says so; the gateway stays small", async () => {
  const before = rssOf(gateway.pid);
  callsTool("exec", { command: "head -c 10000000 /dev/zero | tr '\\0' 'x'" });
  const { text } = await turn("much");
  expect(text).toBe("done");
  const result = toolResult();
  expect(result.length).toBeLessThan(80_000);
  expect(result).toMatch(/truncated|cut|omitted|left out/i);
  expect(rssOf(gateway.pid) - before).toBeLessThan(150_000_000);
});

test("a binary file is named as such instead of being poured into the prompt", async () => {
  mkdirSync(workspace, { recursive: true });
  writeFileSync(
    join(workspace, "blob.bin"),
    Buffer.from([0, 1, 2, 255, 254, 0, 10, 7].concat(Array(3000).fill(200))),
  );
  callsTool("read", { path: "blob.bin" });
  await turn("read it");
  expect(toolResult()).toMatch(/binary/i);
  expect(toolResult()).not.toContain("\u0000");
  writeFileSync(join(workspace, "huge.txt"), "line of text\n".repeat(1_000_000));
  callsTool("read", { path: "huge.txt" });
  await turn("read it");
  expect(toolResult().length).toBeLessThan(80_000);
});

test("a symlink does not lead out of the workspace, for reading or writing", async () => {
  const outside = join(home.dir, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "secret.txt"), "the hidden word is gannet");
  symlinkSync(outside, join(workspace, "door"));
  symlinkSync(join(outside, "secret.txt"), join(workspace, "notes.txt"));
  symlinkSync("/proc/self/environ", join(workspace, "env.txt"));
  for (const [name, input] of [
    ["read", { path: "door/secret.txt" }],
    ["read", { path: "notes.txt" }],
    ["read", { path: "env.txt" }],
    ["read", { path: "../openclaw.json" }],
    ["read", { path: join(outside, "secret.txt") }],
    ["write", { path: "door/new.txt", content: "x" }],
    ["write", { path: "notes.txt", content: "x" }],
    ["edit", { path: "notes.txt", old_text: "gannet", new_text: "x" }],
    ["grep", { pattern: "gannet", path: "door" }],
    ["ls", { path: "door" }],
  ] as const) {
    callsTool(name, input);
    await turn(`${name} it`);
    expect(toolResult(), `${name} ${JSON.stringify(input)}`).toMatch(/outside the workspace|contains `\.\.`/);
  }
  expect(readFileSync(join(outside, "secret.txt"), "utf8")).toBe("the hidden word is gannet");
  expect(() => readFileSync(join(outside, "new.txt"))).toThrow(/ENOENT/);
  await answersAgain();
});

test("a tool that does not exist and input that does not fit are told to the model, which may go on", async () => {
  callsTool("no_such_tool", { a: 1 });
  expect((await turn("x")).text).toBe("done");
  expect(toolResult()).toMatch(/no_such_tool/);
  callsTool("read", { path: 5 });
  expect((await turn("x")).text).toBe("done");
  expect(toolResult()).toMatch(/path/);
});

function rssOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
}
