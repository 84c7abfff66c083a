// kill -9 in the middle of a turn: nothing is lost, nothing that had an effect happens twice (ideas 1 and 2 of the design).
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startFakeProvider, type FakeProvider, type FakeRequest } from "../fakes/providers/server.ts";
import {
  baseConfig,
  createHome,
  until,
  type E2eHome,
  type Gateway,
  fakeModels,
} from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";

let provider: FakeProvider;
let home: E2eHome;
beforeEach(async () => {
  provider = await startFakeProvider({ wire: "anthropic-messages" });
  home = createHome({
    config: {
      ...baseConfig,
      models: fakeModels(provider),
      agents: { defaults: { model: "fake/fake-model" } },
      messages: { queue: { mode: "followup" } },
      tools: { exec: { security: "full", ask: "off" } },
    },
  });
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await provider.stop();
});

const send = async (gateway: Gateway, message: string, key: string) => {
  const client = await signIn(gateway);
  const answer = await client.ask("chat.send", { sessionKey: "main", message, idempotencyKey: key });
  client.socket.terminate();
  return answer;
};
const kill = async (gateway: Gateway) => {
  gateway.signal("SIGKILL");
  await gateway.ended;
};
const lastUserTexts = (request: FakeRequest) => JSON.stringify(request.body?.["messages"]);
const transcript = () =>
  readFileSync(join(home.stateDir, "agents/main/sessions/main.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { role: string; content: unknown });

test("a command that ran when the process died is settled as unknown, told to the model and not repeated", async () => {
  const marks = join(home.dir, "marks");
  provider.setScript((request) =>
    request.number === 1
      ? {
          toolCalls: [
            { id: "toolu_01", name: "exec", input: { command: `echo once >> ${marks}; sleep 30` } },
          ],
        }
      : { text: `number ${request.number}` },
  );
  const first = await home.gateway();
  await send(first, "do it", "k1");
  await until(() => existsSync(marks), { what: "the command to begin", or: first });
  // A second message waits behind the first.
  await send(first, "and then this", "k2");
  await kill(first);

  const second = await home.gateway({ port: first.port });
  const client = await signIn(second);
  await until(
    async () => (await client.ask("agent.wait", { runId: "k2", timeoutMs: 8000 }))["status"] === "ok",
    {
      timeoutMs: 15_000,
      or: second,
    },
  );
  expect(await client.ask("agent.wait", { runId: "k1" })).toMatchObject({ status: "ok" });
  expect(readFileSync(marks, "utf8")).toBe("once\n");
  const [resumed, followup] = provider.requests.slice(1);
  expect(lastUserTexts(resumed as FakeRequest)).toMatch(/tool_result.*outcome is unknown/);
  expect(lastUserTexts(followup as FakeRequest)).toContain("and then this");
  expect(provider.requests).toHaveLength(3);
  expect(transcript().map((line) => line.role)).toEqual([
    "user",
    "assistant",
    "tool",
    "assistant",
    "user",
    "assistant",
  ]);

  // The same keys sent again, as clients do after a lost connection: the same runs, no new answers.
  expect(await send(second, "do it", "k1")).toMatchObject({ runId: "k1", status: "ok" });
  expect(provider.requests).toHaveLength(3);
  const why = await home.cli(["why", "k1"]);
  expect(why.stdout).toMatch(/tool +tool\.outcome_unknown +call toolu_01/);
  client.socket.terminate();
  expect((await second.stop()).status).toBe(0);
}, 40_000);

test("killed while the provider is silent: the turn is answered after the restart, once", async () => {
  provider.setScript((request) =>
    request.number === 1 ? { broken: "hang_midway" } : { text: "answered later" },
  );
  const first = await home.gateway();
  const client = await signIn(first);
  await client.ask("chat.send", { sessionKey: "main", message: "are you there", idempotencyKey: "k1" });
  await client.event("chat", (payload) => payload["state"] === "delta");
  await kill(first);
  const second = await home.gateway();
  const after = await signIn(second);
  await until(
    async () => (await after.ask("agent.wait", { runId: "k1", timeoutMs: 5000 }))["status"] === "ok",
    {
      or: second,
    },
  );
  const texts = transcript().map((line) => JSON.stringify(line.content));
  expect(texts.filter((text) => text.includes("answered later"))).toHaveLength(1);
  expect(texts.filter((text) => text.includes("are you there"))).toHaveLength(1);
  // What was only half said before the kill is no answer.
  expect(texts.some((text) => text.includes("the beginning of a longer answer"))).toBe(false);
  const log = home.log().map((line) => String(line["1"]));
  expect(log).toContain("recovered from an unclean end");
  expect((await home.cli(["status"])).stdout).toMatch(
    /Last end: +killed, crashed or without power; taken up again: 1 answer/,
  );
  after.socket.terminate();
}, 30_000);

test("an approval that was asked for survives the restart and is for that command only", async () => {
  home.configure({
    ...(JSON.parse(readFileSync(home.configPath, "utf8")) as object),
    tools: { exec: { security: "allowlist", ask: "on-miss" } },
  });
  const marks = join(home.dir, "approved");
  provider.setScript((request) =>
    request.number === 1
      ? { toolCalls: [{ id: "toolu_01", name: "exec", input: { command: `echo yes >> ${marks}` } }] }
      : { text: "after approval" },
  );
  const first = await home.gateway();
  await send(first, "do it", "k1");
  const listed = async () =>
    (
      JSON.parse((await home.cli(["approvals", "list", "--json"])).stdout) as {
        pending: Array<{ id: string; command: string }>;
      }
    ).pending;
  const [asked] = await until(async () => ((await listed()).length > 0 ? listed() : null));
  expect(asked?.command).toBe(`echo yes >> ${marks}`);
  await kill(first);
  expect(existsSync(marks)).toBe(false);
  const second = await home.gateway();
  const [again] = await until(async () => ((await listed()).length > 0 ? listed() : null), { or: second });
  expect(again?.command).toBe(asked?.command);
  expect((await home.cli(["approvals", "approve", String(again?.id)])).status).toBe(0);
  const client = await signIn(second);
  await until(
    async () => (await client.ask("agent.wait", { runId: "k1", timeoutMs: 5000 }))["status"] === "ok",
    {
      or: second,
    },
  );
  expect(readFileSync(marks, "utf8")).toBe("yes\n");
  client.socket.terminate();
}, 40_000);

test("a command line that waits when the gateway dies says that the message is safe, and how to see the answer", async () => {
  provider.setScript((request) => (request.number === 1 ? { broken: "hang" } : { text: "late answer" }));
  const first = await home.gateway();
  const waiting = home.spawn(["agent", "--message", "a slow one"]);
  await until(() => provider.requests.length > 0);
  await kill(first);
  const ended = await waiting.ended;
  expect(ended.status).toBe(1);
  expect(ended.stdout).toBe("");
  expect(ended.stderr).toMatch(/error: .*connection/i);
  expect(ended.stderr).toMatch(/hint: .*accepted.*openclaw sessions show main/);
  const second = await home.gateway();
  await until(() => provider.requests.length > 1, { or: second });
  const shown = await until(async () => {
    const { stdout } = await home.cli(["sessions", "show", "main"]);
    return stdout.includes("late answer") ? stdout : null;
  });
  expect(shown).toContain("a slow one");
}, 30_000);

test("a hurried stop in the middle of a turn leaves it to the next start", async () => {
  const marks = join(home.dir, "marks");
  provider.setScript((request) =>
    request.number === 1
      ? {
          toolCalls: [
            { id: "toolu_01", name: "exec", input: { command: `echo once >> ${marks}; sleep 30` } },
          ],
        }
      : { text: "went on" },
  );
  const first = await home.gateway();
  await send(first, "do it", "k1");
  await until(() => existsSync(marks), { or: first });
  first.signal("SIGTERM");
  await until(() => (first.stdout() + first.stderr()).includes("stopping"));
  // A second press is one that comes later than a copy of the first would.
  const again = setInterval(() => first.signal("SIGTERM"), 500);
  expect((await first.ended.finally(() => clearInterval(again))).status).toBe(0);
  expect(provider.requests).toHaveLength(1);
  const second = await home.gateway();
  const client = await signIn(second);
  await until(
    async () => (await client.ask("agent.wait", { runId: "k1", timeoutMs: 5000 }))["status"] === "ok",
    { or: second },
  );
  expect(readFileSync(marks, "utf8")).toBe("once\n");
  expect(lastUserTexts(provider.requests.at(-1) as FakeRequest)).toMatch(/outcome is unknown|stopped/);
  const log = home.log().map((line) => String(line["1"]));
  expect(log).toContain("goes on with what the last end left");
  expect(log).not.toContain("recovered from an unclean end");
  client.socket.terminate();
}, 30_000);

test("a client that does not read is let go; the others are served meanwhile", async () => {
  provider.setScript([{ text: "many words ".repeat(20_000), pieces: 2000 }]);
  const gateway = await home.gateway();
  const deaf = await signIn(gateway);
  deaf.socket.pause();
  const client = await signIn(gateway);
  for (let turn = 0; turn < 8; turn++) {
    await client.ask("chat.send", { sessionKey: `s${turn}`, message: "talk", idempotencyKey: `t${turn}` });
    await client.event("chat", (payload) => payload["runId"] === `t${turn}` && payload["state"] === "final");
  }
  // More than 1.5 MB was waiting for it: it learns that it missed something by being closed.
  deaf.socket.resume();
  expect([1006, 1008]).toContain((await deaf.closed).code);
  expect(await client.ask("health")).toMatchObject({ ok: true });
  client.socket.terminate();
}, 40_000);
