// The agent looks around by itself: asked for nothing without a task, heard once where it has something to say, and
// neither lost nor repeated when the process dies in the middle of it.
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startFakeProvider, type FakeProvider } from "../fakes/providers/server.ts";
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
let chat: Server;
let posted: string[];
const config = (heartbeat: object) => ({
  ...baseConfig,
  models: fakeModels(provider),
  agents: { defaults: { model: "fake/fake-model", heartbeat } },
  channels: {
    webhook: {
      secret: "webhook-secret-0123456789",
      url: `http://127.0.0.1:${(chat.address() as AddressInfo).port}/`,
    },
  },
});
const toAnna = { target: "webhook", to: "anna" };

beforeEach(async () => {
  provider = await startFakeProvider({ wire: "anthropic-messages" });
  posted = [];
  chat = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => (body += part));
    request.on("end", () => {
      posted.push((JSON.parse(body) as { text: string }).text);
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => chat.listen(0, "127.0.0.1", resolve));
  home = createHome({ config: config({ every: "1h", ...toAnna }) });
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await provider.stop();
  chat.closeAllConnections();
  await new Promise((resolve) => chat.close(resolve));
});

const write = (text: string) => writeFileSync(join(home.stateDir, "workspace", "HEARTBEAT.md"), text);
const prompts = () => provider.requests.map((request) => JSON.stringify(request.body?.["messages"]));
const cli = (gateway: Gateway, ...argv: string[]) =>
  home.cli(argv, { env: { OPENCLAW_GATEWAY_PORT: String(gateway.port) } });

interface Status {
  agents: Array<{ nextAt: number | null; runningSince: number | null }>;
  history: Array<{ status: string; runId: string; reason?: string }>;
}
async function ask<T = Status>(gateway: Gateway, method = "system.heartbeat", params = {}): Promise<T> {
  const client = await signIn(gateway);
  const answer = await client.ask(method, params);
  client.socket.terminate();
  return answer as T;
}

/** As after a long sleep of the machine: the last beat is a day ago. */
async function sleepADay(): Promise<void> {
  const first = await home.gateway();
  await until(async () => (await ask(first)).agents[0]?.nextAt, { what: "a first beat to be planned" });
  await first.stop();
  const db = new DatabaseSync(join(home.stateDir, "ledger.sqlite"));
  db.exec("UPDATE heartbeats SET base_at = base_at - 86400000");
  db.close();
}

test("a beat that is due after a sleep, killed in the middle, is answered once and told once", async () => {
  await sleepADay();
  write("- is the backup there?\n");
  provider.setScript((request) =>
    request.number === 1 ? { broken: "hang" } : { text: "The backup of today is missing." },
  );
  const second = await home.gateway();
  await until(() => provider.requests.length === 1, { what: "the model to be asked", or: second });
  expect(prompts()[0]).toContain("look around by yourself");
  expect(provider.requests[0]?.body?.["system"] && JSON.stringify(provider.requests[0].body)).toContain(
    "is the backup there?",
  );
  second.signal("SIGKILL");
  await second.ended;

  const third = await home.gateway();
  await until(() => posted.length > 0, { what: "the answer to arrive", or: third });
  const { history, agents } = await until(
    async () => {
      const status = await ask(third);
      return status.history.length > 0 ? status : null;
    },
    { what: "the beat to be written down" },
  );
  expect(history).toMatchObject([{ status: "sent", channel: "webhook", to: "anna" }]);
  expect(agents[0]?.runningSince).toBeNull();
  expect(agents[0]?.nextAt).toBeGreaterThan(Date.now() + 50 * 60_000);
  const why = await home.cli(["why", history[0]?.runId ?? ""]);
  expect(why.stdout).toContain("by heartbeat");
  expect(why.stdout).toContain("heartbeat.sent");
  // What it said is in the conversation, what it was told is not.
  const { messages } = await ask<{ messages: unknown[] }>(third, "chat.history", { sessionKey: "main" });
  expect(messages).toMatchObject([
    { role: "assistant", content: [{ type: "text", text: "The backup of today is missing." }] },
  ]);
  const again = await ask<{ ts: number }>(third, "last-heartbeat");
  await third.stop();
  const fourth = await home.gateway();
  expect(await ask(fourth, "last-heartbeat")).toEqual(again);
  expect(posted).toEqual(["The backup of today is missing."]);
  expect(provider.requests).toHaveLength(2);
}, 60_000);

test("nothing to do is free; a report is looked at; a quiet answer stays quiet; the switch outlives a restart", async () => {
  home.configure(config(toAnna));
  await sleepADay();
  const gateway = await home.gateway();
  await until(async () => (await ask(gateway)).history.length > 0, { what: "the beat to be skipped" });
  expect((await ask(gateway)).history).toMatchObject([{ status: "skipped", reason: "empty-heartbeat-file" }]);
  expect(provider.requests).toEqual([]);

  provider.setScript([{ text: "HEARTBEAT_OK" }]);
  const event = await cli(gateway, "system", "event", "--text", "the door bell rang");
  expect([event.stdout, event.stderr]).toEqual(["ok\n", ""]);
  const now = await cli(gateway, "system", "heartbeat", "now");
  expect(now.stdout).toContain("Nothing to report");
  expect(prompts()[0]).toContain("the door bell rang");
  expect(await ask(gateway, "chat.history", { sessionKey: "main" })).toMatchObject({ messages: [] });
  expect(posted).toEqual([]);

  expect((await cli(gateway, "system", "heartbeat", "disable")).stdout).toContain("off");
  await gateway.stop();
  const after = await home.gateway();
  const last = await cli(after, "system", "heartbeat", "last");
  expect(last.stdout).toMatch(/Status:\s+ok-token/);
  expect((await cli(after, "system", "heartbeat", "status")).stdout).toContain("Heartbeats are off");
  // Hot: a changed interval is in force without a restart.
  expect((await cli(after, "system", "heartbeat", "enable")).stdout).toContain("on");
  home.configure(config({ every: "2h" }));
  await until(async () => {
    const [agent] = (await ask(after)).agents;
    return (agent?.nextAt ?? 0) > Date.now() + 90 * 60_000;
  });
}, 60_000);
