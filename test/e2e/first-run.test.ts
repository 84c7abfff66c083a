// From nothing to an answer, and again after a stop: what a newcomer and a script see ("Shown at the end").
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import OpenAI from "openai";
import { afterEach, beforeEach, expect, test } from "vitest";
import { baseConfig, createHome, e2eToken, until, type E2eHome } from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";

let home: E2eHome;
beforeEach(() => (home = createHome()));
afterEach(() => home[Symbol.asyncDispose]());

const config = () => readFileSync(home.configPath, "utf8");
const transcript = () =>
  readFileSync(join(home.stateDir, "agents/main/sessions/main.jsonl"), "utf8").trim().split("\n");

test("an empty home: start, open the printed address, ask, stop, start again", async () => {
  const first = await home.gateway({ args: ["--setup"] });
  const dashboard = await until(() => /http:\/\/\S+\?token=[0-9a-f]{64}/.exec(first.stdout())?.[0], {
    or: first,
  });
  const page = await fetch(dashboard);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("<html");
  const remembered = await home.cli(["agent", "--message", "remember that my deploy host is ash-3"]);
  expect(remembered).toMatchObject({ status: 0, stdout: expect.stringContaining("ash-3") as string });
  const open = execFileSync(
    "find",
    [home.stateDir, "-not", "-path", "*/workspace/*", "(", "-perm", "/077", ")", "-not", "-type", "l"],
    { encoding: "utf8" },
  );
  expect(open.split("\n").filter((path) => path && !path.endsWith("/workspace"))).toEqual([]);
  expect((await first.stop()).status).toBe(0);

  const before = { config: config(), lines: transcript() };
  const second = await home.gateway({ args: ["--setup"] });
  const known = await home.cli(["agent", "--message", "what do you know about deploy host?"]);
  expect(known.stdout).toContain("ash-3");
  expect(config()).toBe(before.config);
  expect(transcript().slice(0, before.lines.length)).toEqual(before.lines);
  expect((await second.stop()).status).toBe(0);
  // The last line is a message of the assistant with its role at the top (HID-007).
  expect(JSON.parse(transcript().at(-1) ?? "")).toMatchObject({ role: "assistant" });
}, 30_000);

test("setup on its own, twice, changes nothing the second time; the gateway then starts without flags", async () => {
  expect((await home.cli(["setup"])).status).toBe(0);
  for (const name of ["AGENTS.md", "MEMORY.md", "SOUL.md"])
    expect(existsSync(join(home.stateDir, "workspace", name)), name).toBe(true);
  const once_ = config();
  const again = await home.cli(["setup", "--json"]);
  expect(again.status).toBe(0);
  expect(config()).toBe(once_);
  expect(statSync(home.configPath).mode & 0o777).toBe(0o600);
  const gateway = await home.gateway();
  expect((await home.cli(["health"])).status).toBe(0);
  expect((await gateway.stop()).status).toBe(0);
});

test("`agent --local` needs no gateway, keeps the same conversation, and leaves a running gateway its state", async () => {
  home.configure(baseConfig);
  const local = await home.cli(["agent", "--local", "--message", "remember that the key is under the mat"]);
  expect(local).toMatchObject({ status: 0, stdout: expect.stringContaining("under the mat") as string });
  const none = await home.cli(["agent", "--message", "hello"]);
  expect(none.status).toBe(1);
  expect(none.stderr).toMatch(/cannot reach the gateway[^]*hint: .*openclaw gateway/);
  const gateway = await home.gateway();
  const busy = await home.cli(["agent", "--local", "--message", "hello"]);
  expect(busy.status).toBe(1);
  expect(busy.stderr).toMatch(/gateway.*(pid|running)/i);
  expect(busy.stderr).toMatch(/hint: /);
  expect((await home.cli(["agent", "--message", "what do you know about the key?"])).stdout).toContain(
    "under the mat",
  );
  expect((await gateway.stop()).status).toBe(0);
  const logs = await home.cli(["logs"]);
  expect(logs.stdout + logs.stderr).toMatch(/openclaw-\d{4}-\d\d-\d\d\.log/);
}, 30_000);

test("the official OpenAI client: completions and responses, streamed and whole, with a tool of its own", async () => {
  home.configure(baseConfig);
  const gateway = await home.gateway();
  const client = new OpenAI({ baseURL: `${gateway.http}/v1`, apiKey: e2eToken, maxRetries: 0 });
  const messages = [{ role: "user" as const, content: "Reply with: over HTTP" }];
  const whole = await client.chat.completions.create({ model: "openclaw", messages });
  expect(whole.choices[0]?.message.content).toBe("over HTTP");
  let streamed = "";
  for await (const part of await client.chat.completions.create({
    model: "openclaw:main",
    messages,
    stream: true,
  }))
    streamed += part.choices[0]?.delta.content ?? "";
  expect(streamed).toBe("over HTTP");
  const response = await client.responses.create({ model: "openclaw", input: "Reply with: a response" });
  expect(response.output_text).toBe("a response");
  const kinds: string[] = [];
  for await (const event of await client.responses.create({
    model: "openclaw",
    input: "Reply with: in parts",
    stream: true,
  }))
    if (kinds.at(-1) !== event.type) kinds.push(event.type);
  expect(kinds).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  const tool = {
    type: "function" as const,
    name: "get_weather",
    description: "weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    strict: false,
  };
  const asked = await client.responses.create({
    model: "openclaw",
    input: 'call get_weather {"city":"Rome"}',
    tools: [tool],
  });
  const call = asked.output.find((item) => item.type === "function_call");
  expect(call).toMatchObject({ name: "get_weather", arguments: '{"city":"Rome"}' });
  const wrong = new OpenAI({ baseURL: `${gateway.http}/v1`, apiKey: "wrong", maxRetries: 0 });
  await expect(wrong.models.list()).rejects.toMatchObject({ status: 401 });
  expect((await client.models.list()).data.map((model) => model.id)).toContain("openclaw");
  expect((await gateway.stop()).status).toBe(0);
}, 30_000);

test("config.apply restarts in place and says so; a broken file does not stop a restart", async () => {
  home.configure(baseConfig);
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  const got = await client.ask("config.get");
  const raw = String(got["raw"]).replace(
    '"mode": "local"',
    '"mode": "local", "nodes": { "denyCommands": ["system.run"] }',
  );
  expect(
    await client.ask("config.apply", {
      raw,
      baseHash: got["hash"],
      restartDelayMs: 0,
      note: "deny",
      sessionKey: "main",
    }),
  ).toMatchObject({ ok: true, restart: { ok: true, pid: gateway.pid } });
  expect(await client.event("shutdown")).toEqual({ reason: "gateway restarting", restartExpectedMs: 1500 });
  const again = await until(() => signIn(gateway).catch(() => null), { or: gateway });
  expect(JSON.stringify(await again.ask("config.get"))).toContain("denyCommands");
  // The conversation that asked is told, and the file that carried the note over is gone.
  await until(async () =>
    JSON.stringify(await again.ask("chat.history", { sessionKey: "main" })).includes(
      "The gateway restarted for config.apply (deny).",
    ),
  );
  await until(() => Promise.resolve(!existsSync(join(home.stateDir, "restart-sentinel.json"))));

  const broken = config().slice(0, -20);
  const { writeFileSync } = await import("node:fs");
  writeFileSync(home.configPath, broken);
  gateway.signal("SIGUSR1");
  await again.closed;
  const third = await until(() => signIn(gateway).catch(() => null), { or: gateway });
  expect(await third.ask("config.get")).toMatchObject({
    valid: false,
    config: { gateway: { nodes: { denyCommands: ["system.run"] } } },
  });
  expect(config()).toBe(broken);
  expect((await gateway.stop()).status).toBe(0);
}, 30_000);

test("--force ends the gateway that holds the port, never a stranger", async () => {
  home.configure(baseConfig);
  const stranger = createServer((_request, response) => response.end("mine"));
  stranger.listen(0, "127.0.0.1");
  await once(stranger, "listening");
  const { port } = stranger.address() as { port: number };
  const refused = await home.cli(["gateway", "--port", String(port), "--force"]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(/hint: /);
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("mine");
  stranger.close();
  const first = await home.gateway();
  const second = await home.gateway({ port: first.port, args: ["--force"] });
  expect((await first.ended).status).toBe(0);
  expect(second.child.exitCode).toBeNull();
  expect((await second.stop()).status).toBe(0);
}, 30_000);

test("pictures go to the side of the transcript by digest; too large and not a picture are told", async () => {
  home.configure(baseConfig);
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  const png = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  );
  const send = (attachments: unknown[], key: string) =>
    client.request("chat.send", {
      sessionKey: "main",
      message: "Reply with: seen",
      idempotencyKey: key,
      attachments,
    });
  expect(
    (
      await send(
        [{ type: "image", mimeType: "image/png", fileName: "p.png", content: png.toString("base64") }],
        "pic",
      )
    )["ok"],
  ).toBe(true);
  await client.event("chat", (payload) => payload["state"] === "final");
  const stored = transcript().join("\n");
  expect(stored).not.toContain(png.toString("base64").slice(0, 40));
  expect(stored).toContain("image/png");
  const refused = await send([{ mimeType: "image/png", content: "!!! not base64 !!!" }], "bad");
  expect(refused).toMatchObject({ ok: false, error: { code: "INVALID_REQUEST" } });
  expect(await client.ask("health")).toMatchObject({ ok: true });
  client.socket.terminate();
  expect((await gateway.stop()).status).toBe(0);
});
