// A restart that an agent's own command asks for: it is recorded before it has an effect, and that run reports it afterwards.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startFakeProvider, type FakeProvider, type FakeRequest } from "../fakes/providers/server.ts";
import { baseConfig, createHome, program, until, type E2eHome, fakeModels } from "../support/e2e-home.ts";
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
      tools: { exec: { security: "full", ask: "off" } },
    },
  });
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await provider.stop();
});

const restart = `${process.execPath} ${program} gateway restart`;
const texts = (request: FakeRequest | undefined) => JSON.stringify(request?.body?.["messages"]);
const started = () => home.log().filter((line) => String(line["1"]).startsWith("Gateway started")).length;
const transcript = () => readFileSync(join(home.stateDir, "agents/main/sessions/main.jsonl"), "utf8");

async function ask(command: string) {
  provider.setScript((request) =>
    request.number === 1
      ? { toolCalls: [{ id: "toolu_01", name: "exec", input: { command } }] }
      : { text: "I am back: the restart happened." },
  );
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  await client.ask("chat.send", { sessionKey: "main", message: "restart yourself", idempotencyKey: "k1" });
  client.socket.terminate();
  await until(() => started() === 2, { what: "the gateway to be back", or: gateway });
  const after = await signIn(gateway);
  await until(
    async () => (await after.ask("agent.wait", { runId: "k1", timeoutMs: 4000 }))["status"] === "ok",
    {
      what: "the run to be answered",
      or: gateway,
      timeoutMs: 15_000,
    },
  );
  after.socket.terminate();
  return gateway;
}

test("the run that asked ends with its answer, and the restart happens once", async () => {
  const gateway = await ask(restart);
  expect(texts(provider.requests.at(-1))).toContain("to restart");
  expect(transcript().match(/I am back: the restart happened/g)).toHaveLength(1);
  const why = await home.cli(["why", "k1"]);
  expect(why.stdout).toMatch(/exec/);
  expect(provider.requests).toHaveLength(2);
  expect((await gateway.stop()).status).toBe(0);
  expect(started()).toBe(2);
}, 30_000);

test("a run that is still busy when the restart comes goes on after it, and does not restart again", async () => {
  home.configure({
    ...(JSON.parse(readFileSync(home.configPath, "utf8")) as object),
    gateway: { ...baseConfig.gateway, drainSeconds: 1 },
  });
  // The command outlives the patience of the restart it asked for.
  const gateway = await ask(`${restart} && sleep 30`);
  expect(texts(provider.requests.at(-1))).toContain(
    "asked to restart (SIGUSR1); it did, and is running again. exec was running then: its outcome is unknown",
  );
  expect(transcript().match(/I am back: the restart happened/g)).toHaveLength(1);
  expect(provider.requests).toHaveLength(2);
  expect((await gateway.stop()).status).toBe(0);
  expect(started()).toBe(2);
}, 40_000);
