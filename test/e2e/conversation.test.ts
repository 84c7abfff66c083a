// Turns through the real command line and socket: tools, approvals, chat commands, queue modes, Ctrl-C.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { baseConfig, createHome, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { signIn, type SignedIn } from "../support/e2e-socket.ts";

let home: E2eHome;
let gateway: Gateway;
let client: SignedIn;
beforeAll(async () => {
  home = createHome({ config: { ...baseConfig, messages: { queue: { mode: "followup" } } } });
  gateway = await home.gateway();
  client = await signIn(gateway, { caps: ["tool-events"] });
});
afterAll(async () => {
  client.socket.terminate();
  expect((await gateway.stop()).status).toBe(0);
  await home[Symbol.asyncDispose]();
});

const say = (...words: string[]) => home.cli(["agent", "--message", ...words]);
interface Pending {
  id: string;
  command: string;
}
const pending = async () =>
  (JSON.parse((await home.cli(["approvals", "list", "--json"])).stdout) as { pending: Pending[] }).pending;
const nextPending = () =>
  until(async () => (await pending())[0] ?? null, { what: "a question for permission" });
const stateVersion = async () =>
  Number(((await client.ask("health")) as { stateVersion?: number }).stateVersion);
/** Changes the configuration and waits until the gateway works by it, not only until the file says so. */
async function configure(...words: string[]): Promise<void> {
  const before = await stateVersion();
  expect((await home.cli(["config", ...words])).status).toBe(0);
  await until(async () => (await stateVersion()) > before, {
    what: `config ${words.join(" ")} to be in force`,
  });
}
let sent = 0;
const agent = (message: string, extra: object = {}) => {
  const id = `a${++sent}`;
  client.send({
    type: "req",
    id,
    method: "agent",
    params: { message, idempotencyKey: id, deliver: false, ...extra },
  });
  return id;
};
const answered = (id: string) => client.next((frame) => frame["type"] === "res" && frame["id"] === id);
const textOf = (frame: { payload?: unknown }) =>
  (frame.payload as { result?: { payloads: Array<{ text: string }> } }).result?.payloads[0]?.text ?? "";

test("the shown example: remembers through a tool, and knows it in the next command", async () => {
  const remembered = await say("remember that my deploy host is ash-3");
  expect(remembered).toMatchObject({ status: 0 });
  expect(remembered.stdout).toContain("ash-3");
  expect(remembered.stderr).toMatch(/memory_save/);
  const known = await say("what do you know about deploy host?", "--json");
  const { result } = JSON.parse(known.stdout) as {
    result: { payloads: Array<{ text: string }>; stats: object };
  };
  expect(result.payloads[0]?.text).toContain("ash-3");
  expect(result.stats).toMatchObject({
    durationMs: expect.any(Number) as number,
    tokensIn: expect.any(Number) as number,
  });
  expect(readFileSync(join(home.stateDir, "workspace/MEMORY.md"), "utf8")).toContain("ash-3");
});

test("`agent` answers twice: accepted at once, then the result; the same key again gives one answer", async () => {
  const id = agent("Reply with: twice");
  const [first, second] = [await answered(id), await answered(id)];
  expect(first.payload).toEqual({ runId: id, status: "accepted", acceptedAt: expect.any(Number) as number });
  expect(second.payload).toMatchObject({
    runId: id,
    status: "ok",
    summary: "completed",
    result: { payloads: [{ text: "twice", mediaUrl: null }], meta: { aborted: false } },
  });
  client.send({
    type: "req",
    id: "repeat",
    method: "agent",
    params: { message: "Reply with: twice", idempotencyKey: id, deliver: false },
  });
  expect((await answered("repeat")).payload).toMatchObject({ runId: id, status: "ok" });
  expect(await client.ask("health")).toMatchObject({ ok: true });
  expect(client.frames.filter((frame) => frame["id"] === "repeat")).toHaveLength(1);
});

test("a command is asked for, approved on the command line, runs once, and its result is told", async () => {
  const file = join(home.dir, "approved");
  const turn = home.spawn(["agent", "--message", `run echo yes >> ${file}`]);
  const asked = await nextPending();
  expect(asked.command).toBe(`echo yes >> ${file}`);
  expect(existsSync(file)).toBe(false);
  expect(turn.stderr()).toContain(`openclaw approvals approve ${asked.id}`);
  const approved = await home.cli(["approvals", "approve", asked.id.slice(0, 12)]);
  expect(approved.status).toBe(0);
  expect((await turn.ended).status).toBe(0);
  expect(readFileSync(file, "utf8")).toBe("yes\n");
  expect(await pending()).toEqual([]);
  // The decision was for once: the same command asks again, and a refusal reaches the agent.
  const again = home.spawn(["agent", "--message", `run echo yes >> ${file}`]);
  expect((await home.cli(["approvals", "deny", (await nextPending()).id])).status).toBe(0);
  const refused = await again.ended;
  expect(refused.stdout + refused.stderr).toMatch(/denied|refused|not (?:allowed|approved|permitted)/i);
  expect(readFileSync(file, "utf8")).toBe("yes\n");
  const unknown = await home.cli(["approvals", "approve", "nothing-like-it"]);
  expect(unknown).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/hint: .*approvals list/) as string,
  });
});

test("allowed for good: the same command runs without a question from then on, another one asks", async () => {
  const first = home.spawn(["agent", "--session", "always", "--message", "run uname -s"]);
  expect((await home.cli(["approvals", "approve", (await nextPending()).id, "--always"])).status).toBe(0);
  expect(await first.ended).toMatchObject({ status: 0, stdout: expect.stringContaining("Linux") as string });
  const second = await say("run uname -s", "--session", "always");
  expect(second).toMatchObject({ status: 0, stdout: expect.stringContaining("Linux") as string });
  const other = home.spawn([
    "agent",
    "--session",
    "always",
    "--message",
    `run uname -s; touch ${home.dir}/crept-in`,
  ]);
  expect((await home.cli(["approvals", "deny", (await nextPending()).id])).status).toBe(0);
  await other.ended;
  expect(existsSync(join(home.dir, "crept-in"))).toBe(false);
});

test("chat commands work through `agent`, answer without a model and are no messages", async () => {
  const help = await say("/help", "--session", "commands");
  expect(help.stdout).toMatch(/\/status[^]*\/compact/);
  expect((await say("/status", "--session", "commands")).stdout).toMatch(/builtin\/offline/);
  expect((await say("/think high", "--session", "commands")).stdout).toMatch(/high/);
  expect((await say("/model no/such", "--session", "commands")).stdout).toMatch(/no\/such/);
  await say("Reply with: kept until now", "--session", "commands");
  const before = await client.ask("sessions.resolve", { key: "commands" });
  expect(JSON.stringify(await client.ask("chat.history", { sessionKey: "commands" }))).toContain(
    "kept until now",
  );
  expect((await say("/new", "--session", "commands")).status).toBe(0);
  expect(JSON.stringify(await client.ask("chat.history", { sessionKey: "commands" }))).not.toContain(
    "kept until now",
  );
  expect(await client.ask("sessions.resolve", { key: "commands" })).toEqual(before);
  for (const command of ["/compact", "/usage", "/whoami", "/stop"])
    expect(await say(command, "--session", "commands"), command).toMatchObject({ status: 0 });
  // Thinking set by a command is the session's now.
  const rows = (await client.ask("sessions.list")) as {
    sessions: Array<{ key: string; thinkingLevel?: string }>;
  };
  expect(rows.sessions.find((row) => row.key === "agent:main:commands")?.thinkingLevel).toBe("high");
});

test("queue modes: followup waits its turn, `/stop` and chat.abort end a run, the next goes on", async () => {
  const blocked = agent("run sleep 60", { sessionKey: "queue" });
  await answered(blocked);
  await nextPending();
  const waiting = agent("Reply with: second", { sessionKey: "queue" });
  expect((await answered(waiting)).payload).toMatchObject({ status: "accepted" });
  expect((await client.ask("agent.wait", { runId: waiting, timeoutMs: 50 }))["status"]).toBe("timeout");
  expect(await client.ask("chat.abort", { sessionKey: "queue", runId: blocked })).toMatchObject({
    aborted: true,
    runIds: [blocked],
  });
  expect((await answered(blocked)).payload).toMatchObject({ runId: blocked });
  expect(textOf(await answered(waiting))).toBe("second");
  await until(async () => (await pending()).length === 0);

  const stopped = agent("run sleep 61", { sessionKey: "queue" });
  await answered(stopped);
  await nextPending();
  expect(
    await client.ask("chat.send", { sessionKey: "queue", message: "/stop", idempotencyKey: "stop-1" }),
  ).toMatchObject({ aborted: true, runIds: [stopped] });
  await answered(stopped);
  const why = await home.cli(["why", stopped]);
  expect(why.stdout).toMatch(/aborted/);
});

test("queue modes: interrupt replaces what waits, collect answers together", async () => {
  for (const [mode, expected] of [
    ["collect", ["one", "two"]],
    ["interrupt", ["two"]],
  ] as const) {
    await configure("set", "messages.queue.mode", mode);
    const sessionKey = `q-${mode}`;
    const blocked = agent("run sleep 62", { sessionKey });
    await answered(blocked);
    await nextPending();
    const ids = ["one", "two"].map((word) => agent(`Reply with: ${word}`, { sessionKey }));
    for (const id of ids) await answered(id);
    if (mode === "collect") await client.ask("chat.abort", { sessionKey, runId: blocked });
    await answered(blocked);
    const ends = await Promise.all(ids.map(async (id) => textOf(await answered(id))));
    for (const word of expected) expect(ends.join(" "), mode).toContain(word);
    await until(async () => (await pending()).length === 0);
  }
  await configure("unset", "messages.queue.mode");
}, 30_000);

test("queue modes: steer reaches the run in progress before its next step", async () => {
  await configure("set", "messages.queue.mode", "steer");
  const running = agent("run sleep 64", { sessionKey: "steered" });
  await answered(running);
  const { id } = await nextPending();
  const steering = agent("Reply with: changed my mind", { sessionKey: "steered" });
  await answered(steering);
  expect((await home.cli(["approvals", "deny", id])).status).toBe(0);
  expect(textOf(await answered(running))).toContain("changed my mind");
  expect((await answered(steering)).payload).toMatchObject({ status: "ok" });
  const why = await home.cli(["why", steering]);
  expect(why.stdout).toMatch(new RegExp(`Answered by: +${running}`));
  await configure("unset", "messages.queue.mode");
});

test("Ctrl-C stops the run on the gateway too, says so and exits 130", async () => {
  const turn = home.spawn(["agent", "--session", "ctrlc", "--message", "run sleep 63"]);
  await nextPending();
  turn.signal("SIGINT");
  const ended = await turn.ended;
  expect(ended.status).toBe(130);
  expect(ended.stderr).toMatch(/The run was stopped/);
  await until(async () => (await pending()).length === 0, { what: "the question to be withdrawn" });
  expect((await say("Reply with: free again", "--session", "ctrlc")).stdout).toContain("free again");
});

test("an empty message, a wrong level, agent, time or address are refused clearly", async () => {
  const cases: Array<[string[], RegExp]> = [
    [["agent"], /--message/],
    [["agent", "--message", ""], /message/],
    [["agent", "--message", "x", "--thinking", "enormous"], /enormous/],
    [["agent", "--message", "x", "--agent", "nobody"], /nobody/],
    [["agent", "--message", "x", "--timeout", "soon"], /soon/],
    [["agent", "--message", "x", "--url", "ftp://127.0.0.1:1"], /ftp:\/\/127\.0\.0\.1:1/],
    [
      ["agent", "--message", "x", "--url", "ws://127.0.0.1:1"],
      /ws:\/\/127\.0\.0\.1:1: nothing listens there/,
    ],
  ];
  for (const [argv, message] of cases) {
    const refused = await home.cli(argv);
    expect(refused.status, argv.join(" ")).toBeGreaterThan(0);
    expect(refused.stderr, argv.join(" ")).toMatch(message);
    expect(refused.stderr).not.toMatch(/^\s+at /m);
    expect(refused.stdout).toBe("");
  }
});
