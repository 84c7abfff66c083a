import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { manualClock } from "../../../test/support/manual-clock.ts";
import { systemClock, type Clock } from "../../core/clock.ts";
import type { JsonObject } from "../../core/json.ts";
import { silentLogger } from "../../core/logger.ts";
import type { ChannelTrouble, InboundEvent, RunningChannel } from "../contract.ts";
import { externalChannel, externalChannels, manifestFile } from "./index.ts";

const kit = fileURLToPath(new URL("../../../examples/channel-adapter/kit.mjs", import.meta.url));
const signal = new AbortController().signal;
let home: string;
let running: RunningChannel[] = [];
beforeEach(() => (home = realpathSync(mkdtempSync(join(tmpdir(), "openclaw-adapter-")))));
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
  rmSync(home, { recursive: true, force: true });
});

const description: JsonObject = {
  contract: 1,
  id: "mine",
  label: "Mine",
  main: "adapter.mjs",
  capabilities: {
    ambiguousSend: "queryable",
    maxTextLength: 1000,
    maxMediaBytes: 1000,
    can: ["direct"],
    gaps: {},
    silenceMs: null,
  },
  credentials: [{ key: "token", flag: "--token", title: "Token" }],
  exclusive: ["token"],
};

/** A package whose adapter is `start`'s body; `kit.mjs` lies beside it, as its author would copy it. */
async function folderWith(body: string, change: JsonObject = {}): Promise<string> {
  const folder = join(home, "package");
  const { copyFile } = await import("node:fs/promises");
  mkdirSync(folder, { recursive: true });
  await copyFile(kit, join(folder, "kit.mjs"));
  writeFileSync(join(folder, manifestFile), JSON.stringify({ ...description, ...change }));
  writeFileSync(
    join(folder, "adapter.mjs"),
    `import { serve } from "./kit.mjs";\nserve(async (context) => {\n${body}\n});\n`,
  );
  return folder;
}

function start(
  folder: string,
  config: JsonObject = { token: "t" },
  clock: Clock = systemClock,
  taken: (event: InboundEvent) => Promise<void> = () => Promise.resolve(),
) {
  const troubles: ChannelTrouble[] = [];
  const events: InboundEvent[] = [];
  const facts = new Map<string, unknown>();
  const changed: Array<() => void> = [];
  const tell = () => changed.splice(0).forEach((each) => each());
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise<void>((resolve) => changed.push(resolve));
  };
  const begun = externalChannel(folder)
    .load()
    .then((channel) =>
      channel.start({
        account: "default",
        config,
        dir: join(home, "dir"),
        store: {
          get: (key) => facts.get(key) as JsonObject | undefined,
          set: async (key, value) => {
            await Promise.resolve();
            facts.set(key, value);
            tell();
          },
        },
        clock,
        logger: silentLogger,
        signal: new AbortController().signal,
        fence: 3,
        receive: async (event) => {
          events.push(event);
          await taken(event);
          tell();
          return { accepted: true, duplicate: false };
        },
        proved: tell,
        trouble: (trouble) => {
          troubles.push(trouble);
          tell();
        },
      }),
    )
    .then((channel) => {
      running.push(channel);
      return channel;
    });
  return { begun, troubles, events, facts, until };
}

const message = { kind: "message", key: "k", to: "x", text: "hi" } as const;
const send = (body: string) => `return { async send(message) { ${body} }, async stop() {} };`;

describe("an adapter in a process of its own", () => {
  it("is given its account and nothing else, and its messages arrive as the channel's", async () => {
    const folder = await folderWith(`
      const { account, config, fence } = context;
      const env = Object.keys(process.env).filter((name) => !["PATH", "TERM"].includes(name));
      await context.receive({ kind: "message", channel: "telegram", account: "else", messageId: "1",
        chat: { kind: "direct", id: "a" }, sender: { id: "a" }, sentAt: 1, text: JSON.stringify({ account, config, fence, env }) });
      await context.store.set("seen", 7);
      ${send('return { kind: "sent", receipt: { messageId: message.key } };')}`);
    const { begun, events, facts } = start(folder);
    const channel = await begun;
    expect(events).toMatchObject([{ channel: "mine", account: "default", messageId: "1", mentioned: false }]);
    const [event] = events;
    expect(event?.kind === "message" && JSON.parse(event.text)).toEqual({
      account: "default",
      config: { token: "t" },
      fence: 3,
      env: [],
    });
    expect(facts.get("adapter")).toEqual({ seen: 7 });
    expect(await channel.send(message, signal)).toEqual({ kind: "sent", receipt: { messageId: "k" } });
  });

  it("reads and writes nothing but its package and its folder, and starts no program", async () => {
    const secret = join(home, "secret.json");
    writeFileSync(secret, "{}");
    const folder = await folderWith(`
      const { readFileSync, writeFileSync } = await import("node:fs");
      const { spawnSync } = await import("node:child_process");
      const tried = (what) => { try { what(); return "done"; } catch (error) { return error.code; } };
      writeFileSync(context.dir + "/login", "x");
      const outcome = [
        tried(() => readFileSync(context.dir + "/login")),
        tried(() => readFileSync(${JSON.stringify(secret)})),
        tried(() => readFileSync("/etc/passwd")),
        tried(() => writeFileSync(${JSON.stringify(secret)}, "stolen")),
        tried(() => writeFileSync(${JSON.stringify(join(home, "package", "adapter.mjs"))}, "")),
        tried(() => spawnSync("/bin/true")),
      ];
      ${send('return { kind: "dead", error: outcome.join(" ") };')}`);
    const channel = await start(folder).begun;
    const denied = "ERR_ACCESS_DENIED";
    expect(await channel.send(message, signal)).toEqual({
      kind: "dead",
      error: ["done", denied, denied, denied, denied, denied].join(" "),
    });
  });

  it("is started again when it dies, and says what became of the send it died in", async () => {
    const folder = await folderWith(`
      const lives = (context.store.get("lives") ?? 0) + 1;
      await context.store.set("lives", lives);
      context.proved("receive");
      ${send('if (message.text === "die") process.exit(9); return { kind: "sent", receipt: { messageId: "life" + lives } };')}`);
    const { begun, troubles, facts, until } = start(folder);
    const channel = await begun;
    expect(await channel.send({ ...message, text: "die" }, signal)).toMatchObject({ kind: "unknown" });
    await until(() => troubles.length > 0);
    expect(troubles[0]).toMatchObject({
      code: "ADAPTER_CRASHED",
      message: expect.stringContaining("status 9") as string,
    });
    await until(() => (facts.get("adapter") as { lives: number }).lives === 2);
    let result = await channel.send(message, signal);
    while (result.kind === "retry") {
      await new Promise((resolve) => setImmediate(resolve));
      result = await channel.send(message, signal);
    }
    expect(result).toEqual({ kind: "sent", receipt: { messageId: "life2" } });
  });

  it("is not believed: nonsense for an answer leaves the send open, a malformed event is refused", async () => {
    const folder = await folderWith(`
      const refusal = await context.receive({ kind: "message", text: 5 }).then(() => "taken", (error) => "refused " + error.message.length);
      await context.store.set("refusal", refusal);
      ${send('return { kind: "sent" };')}`);
    const { begun, events, facts } = start(folder);
    const channel = await begun;
    expect(events).toEqual([]);
    expect((facts.get("adapter") as { refusal: string }).refusal).toMatch(/^refused/);
    expect(await channel.send(message, signal)).toMatchObject({ kind: "unknown" });
  });

  it("tells what is wrong with its configuration, and that it cannot start at all", async () => {
    const picky = await folderWith('throw new Error("CHANNEL_CONFIG: token: is too short");');
    await expect(start(picky).begun).rejects.toMatchObject({
      code: "CHANNEL_CONFIG",
      message: "token: is too short",
    });
    writeFileSync(join(picky, "adapter.mjs"), "process.exit(3);\n");
    await expect(start(picky).begun).rejects.toMatchObject({
      code: "ADAPTER_START",
      message: expect.stringContaining("status 3") as string,
    });
    writeFileSync(join(picky, "adapter.mjs"), 'console.log("hello world");\nsetInterval(() => {}, 1000);\n');
    await expect(start(picky).begun).rejects.toMatchObject({
      message: expect.stringContaining("does not speak the protocol") as string,
    });
    const old =
      'process.stdin.on("data", (line) => console.log(JSON.stringify({ id: JSON.parse(line).id, result: { contract: 99 } })));\n';
    writeFileSync(join(picky, "adapter.mjs"), old);
    await expect(start(picky).begun).rejects.toMatchObject({ code: "ADAPTER_START" });
  });

  it("is killed when it hangs, and comes back", async () => {
    const folder = await folderWith(`
      const lives = (context.store.get("lives") ?? 0) + 1;
      await context.store.set("lives", lives);
      ${send('if (message.text === "hang") for (;;); return { kind: "sent", receipt: { messageId: "life" + lives } };')}`);
    const clock = manualClock();
    const { begun, troubles, facts, until } = start(folder, { token: "t" }, clock);
    const channel = await begun;
    const hung = channel.send({ ...message, text: "hang" }, signal);
    clock.advance(30_000);
    clock.advance(20_000);
    expect(await hung).toMatchObject({ kind: "unknown" });
    await until(() => troubles.length > 0);
    expect(troubles[0]).toMatchObject({
      code: "ADAPTER_CRASHED",
      message: expect.stringContaining("it did not answer") as string,
    });
    clock.advance(1000);
    await until(() => (facts.get("adapter") as { lives: number }).lives === 2);
  });

  it("starts threads and tells who pressed a button", async () => {
    const folder = await folderWith(
      `
      const told = [];
      await context.receive({ kind: "action", messageId: "1", targetId: "7", value: "yes", chat: { kind: "direct", id: "a" },
        sender: { id: "a" }, sentAt: 1, answer: (text) => void told.push(text) });
      return { async send() { return { kind: "dead", error: told.join() }; }, async stop() {},
        async createThread({ to, name }) { return name === "" ? {} : { threadId: to + "/" + name }; } };`,
      { capabilities: { ...(description["capabilities"] as JsonObject), can: ["direct", "threads"] } },
    );
    const { begun, events } = start(folder, undefined, undefined, async (event) => {
      if (event.kind === "action") await event.answer?.("done");
    });
    const channel = await begun;
    expect(events).toMatchObject([{ kind: "action", channel: "mine", value: "yes" }]);
    expect(events[0]).not.toHaveProperty("answerToken");
    expect(await channel.send(message, signal)).toEqual({ kind: "dead", error: "done" });
    expect(await channel.createThread?.({ to: "x", name: "n" }, signal)).toEqual({ threadId: "x/n" });
    await expect(channel.createThread?.({ to: "x", name: "" }, signal)).rejects.toThrow("did not name");
  });

  it("logs in and out in a process of its own", async () => {
    const folder = await folderWith("", {
      capabilities: { ...(description["capabilities"] as JsonObject), can: ["direct", "login"] },
    });
    writeFileSync(
      join(folder, "adapter.mjs"),
      `import { serve } from "./kit.mjs";
      import { existsSync, rmSync, writeFileSync } from "node:fs";
      serve(() => { throw new Error("not started"); }, {
        async login({ dir, config, phoneNumber, show }) {
          if (config.token === "bad") throw new Error("wrong token");
          await show({ kind: "code", code: "1234" });
          writeFileSync(dir + "/login", phoneNumber);
          return { identity: "me@mine" };
        },
        async logout({ dir }) {
          const cleared = existsSync(dir + "/login");
          rmSync(dir + "/login", { force: true });
          return { cleared };
        },
      });`,
    );
    const platform = await externalChannel(folder).load();
    const context = {
      account: "a",
      config: { token: "t" },
      dir: join(home, "dir"),
      clock: systemClock,
      logger: silentLogger,
      signal,
    };
    const shown: unknown[] = [];
    const show = (step: unknown) => void shown.push(step);
    expect(await platform.login?.({ ...context, show, phoneNumber: "+1" })).toEqual({ identity: "me@mine" });
    expect(shown).toEqual([{ kind: "code", code: "1234" }]);
    expect(await platform.logout?.(context)).toEqual({ cleared: true });
    expect(await platform.logout?.(context)).toEqual({ cleared: false });
    await expect(platform.login?.({ ...context, show, config: { token: "bad" } })).rejects.toMatchObject({
      code: "LOGIN_FAILED",
      message: "Mine: wrong token",
    });
  });

  it("leaves no process behind", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const closed = new Promise<void>((resolve) =>
      server.on("connection", (socket) => socket.on("close", () => resolve()).resume()),
    );
    const folder = await folderWith(`
      const { connect } = await import("node:net");
      await new Promise((resolve) => connect(${port}, "127.0.0.1", resolve));
      setInterval(() => {}, 1000);
      return { async send() {}, stop: () => new Promise(() => {}) };`);
    const channel = await start(folder).begun;
    const stopping = channel.stop();
    await closed;
    await stopping;
    server.close();
  });
});

describe("a folder with a channel", () => {
  it.each([
    ["no description", null, "there is no such file"],
    ["another contract", { contract: 2 }, "contract"],
    ["a bad id", { id: "Not good" }, "id"],
    ["a module outside", { main: "../secret.mjs" }, "outside of the folder"],
    ["a missing module", { main: "gone.mjs" }, "main"],
    [
      "an unknown capability",
      { capabilities: { ...(description["capabilities"] as JsonObject), can: ["fly"] } },
      "can",
    ],
  ])("is refused with %s", async (_, change, words) => {
    writeFileSync(join(home, "secret.mjs"), "");
    const folder = change === null ? home : await folderWith("", change);
    expect(() => externalChannel(folder)).toThrow(
      expect.objectContaining({
        code: "CHANNEL_PACKAGE",
        message: expect.stringContaining(words) as string,
      }) as Error,
    );
  });

  it("does not take another's place, and does not keep the others away when it is broken", async () => {
    const folder = await folderWith("");
    const wanted = () => true;
    const both = externalChannels({ folders: [folder, join(home, "gone"), folder], taken: [], wanted });
    expect(both.manifests.map(({ id }) => id)).toEqual(["mine"]);
    expect(both.problems).toHaveLength(2);
    expect(externalChannels({ folders: [folder], taken: ["mine"], wanted }).manifests).toEqual([]);
    expect(externalChannels({ folders: [folder], taken: [], wanted: () => false })).toEqual({
      manifests: [],
      problems: [],
    });
    const [manifest] = both.manifests;
    expect(manifest?.check({})).toEqual([{ key: "token", message: "is missing: Token" }]);
    expect(manifest?.exclusive({ token: "a" }, "")).not.toBe(manifest?.exclusive({ token: "b" }, ""));
  });
});
