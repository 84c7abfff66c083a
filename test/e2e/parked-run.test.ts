// A run that waits for a person's permission is not waited for: it is put down at a stop or restart, and goes on after it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { baseConfig, createHome, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";

/** Longer than any of these tests may take: who waits for the drain fails by its time limit. */
const drainSeconds = 120;
const putDown = "run waits for a person and goes on after the next start";
let home: E2eHome;
beforeEach(() => {
  home = createHome({
    config: {
      ...baseConfig,
      gateway: { ...baseConfig.gateway, drainSeconds },
      messages: { queue: { mode: "steer" } },
      tools: { exec: { security: "full", ask: "always" } },
    },
  });
});
afterEach(() => home[Symbol.asyncDispose]());

const file = () => join(home.dir, "ran");
const ran = () => (existsSync(file()) ? readFileSync(file(), "utf8") : "");
const said = () => home.log().map((line) => String(line["1"]));
const pending = async () =>
  JSON.parse((await home.cli(["approvals", "list", "--json"])).stdout) as { pending: Array<{ id: string }> };

/** Begins a run, and waits until it asks for permission. */
async function ask(gateway: Gateway, command: string, key: string, sessionKey = "main"): Promise<string> {
  const client = await signIn(gateway);
  await client.ask("chat.send", { sessionKey, message: `run ${command}`, idempotencyKey: key });
  const { id } = await client.event("exec.approval.requested", (payload) =>
    JSON.stringify(payload).includes(command),
  );
  client.socket.terminate();
  return String(id);
}
const outcome = async (gateway: Gateway, runId: string) => {
  const client = await signIn(gateway);
  const answer = await client.ask("agent.wait", { runId, timeoutMs: 20_000 });
  client.socket.terminate();
  return answer["status"];
};

test("a stop leaves it for the next start, where the question still stands", async () => {
  const first = await home.gateway();
  const id = await ask(first, `echo once >> ${file()}`, "k1");
  expect((await first.stop()).status).toBe(0);
  expect(said().join("\n")).not.toContain("waiting for answers");

  const second = await home.gateway();
  expect(said().join("\n")).not.toContain("unclean");
  expect(said()).toContain("goes on with what the last end left");
  const status = await home.cli(["status"]);
  expect(status.stdout).toMatch(
    /Last end: +stopped in good order (just now|\d+s ago); taken up again: 1 answer\n/,
  );
  expect((await pending()).pending.map((each) => each.id)).toEqual([id]);
  expect(ran()).toBe("");
  expect((await home.cli(["approvals", "approve", id])).status).toBe(0);
  expect(await outcome(second, "k1")).toBe("ok");
  expect(ran()).toBe("once\n");
}, 40_000);

test("so does a restart in the process, as often as there is one", async () => {
  const gateway = await home.gateway();
  const id = await ask(gateway, `echo once >> ${file()}`, "k1");
  // More often than a run may be begun that takes the gateway with it.
  for (let round = 1; round <= 6; round++) {
    gateway.signal("SIGUSR1");
    await until(() => said().filter((line) => line.startsWith("Gateway started")).length === round + 1, {
      or: gateway,
      what: `start ${round + 1}`,
    });
  }
  expect((await home.cli(["approvals", "approve", id])).status).toBe(0);
  expect(await outcome(gateway, "k1")).toBe("ok");
  expect(ran()).toBe("once\n");
}, 60_000);

test("answered while the gateway stops: the command runs after the start", async () => {
  const first = await home.gateway();
  const busy = await ask(first, "sleep 100", "busy", "other");
  expect((await home.cli(["approvals", "approve", busy])).status).toBe(0);
  const id = await ask(first, `echo once >> ${file()}`, "k1");
  first.signal("SIGTERM");
  await until(() => said().includes(putDown), { or: first });
  // One run is at work still, so the gateway is there to take the answer.
  expect((await home.cli(["approvals", "approve", id])).status).toBe(0);
  const again = setInterval(() => first.signal("SIGTERM"), 500);
  expect((await first.ended.finally(() => clearInterval(again))).status).toBe(0);
  expect(ran()).toBe("");

  const second = await home.gateway();
  expect(await outcome(second, "k1")).toBe("ok");
  expect(ran()).toBe("once\n");
}, 60_000);

test("a question that is asked while the gateway stops holds nobody up", async () => {
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  const first = await ask(gateway, "sleep 2", "k1");
  expect((await home.cli(["approvals", "approve", first])).status).toBe(0);
  // What was said meanwhile joins the run when the first command has ended: it is asked about during the drain.
  await client.ask("chat.send", { sessionKey: "main", message: "run echo two", idempotencyKey: "k2" });
  client.socket.terminate();
  expect((await gateway.stop()).status).toBe(0);
  expect(said()).toContain(putDown);
  await home.gateway();
  await until(async () => (await pending()).pending.length === 1, { what: "the question to stand again" });
}, 40_000);
