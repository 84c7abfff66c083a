import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { seenOf } from "../fakes/telegram/seen.ts";
import { serveTelegram, type TelegramServer } from "../fakes/telegram/server.ts";
import { createWorld } from "../fakes/telegram/world.ts";
import { baseConfig, createHome, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";

// Two gateways of one user with two state directories and one bot, and what an operator sends by command.

const world = createWorld(systemClock);
let telegram: TelegramServer;
let home: E2eHome;
let first: Gateway;
let second: Gateway;

beforeAll(async () => {
  telegram = await serveTelegram(world.platform);
  home = createHome({ config: baseConfig });
});
afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
  await telegram?.stop();
});

const at = (gateway: Gateway) => ({ OPENCLAW_GATEWAY_PORT: String(gateway.port) });
const shown = () => seenOf(world.platform).filter(({ deleted }) => !deleted);
const add = (env: Record<string, string>) =>
  home.cli(
    [
      "channels",
      "add",
      "--channel",
      "telegram",
      "--token",
      world.bot.token,
      "--set",
      `apiRoot=${telegram.url}`,
      "--json",
    ],
    { env },
  );

test("channels add tells whom the token belongs to", async () => {
  first = await home.gateway();
  const added = await add(at(first));
  expect(added).toMatchObject({ status: 0 });
  expect(JSON.parse(added.stdout)).toMatchObject({ channel: "telegram", state: "connected" });
});

test("a second gateway with the same bot does not poll, names the first, and takes over when it is killed", async () => {
  const stateDir = join(home.dir, ".openclaw-second");
  const other = { OPENCLAW_STATE_DIR: stateDir };
  await home.cli(["config", "set", "gateway", JSON.stringify(baseConfig.gateway)], { env: other });
  second = await home.gateway({ env: other });
  const added = await add({ ...other, ...at(second) });
  expect(added.status).toBe(1);
  expect(added.stdout).toContain(`${home.stateDir}, pid ${first.pid}`);
  const status = async () =>
    (await home.cli(["channels", "status"], { env: { ...other, ...at(second) } })).stdout;
  expect(await status()).toMatch(/telegram\s+default\s+disconnected/);
  first.signal("SIGKILL");
  await first.ended;
  await until(async () => /telegram\s+default\s+connected/.test(await status()), {
    what: "the second gateway to take over",
    or: second,
  });
});

test("messages are sent once per key, changed, reacted to and taken back", async () => {
  const env = { OPENCLAW_STATE_DIR: join(home.dir, ".openclaw-second"), ...at(second) };
  const chat = String(world.where("direct", "alice").chat.id);
  const message = (...words: string[]) =>
    home.cli(["message", ...words, "--channel", "telegram", "--target", chat, "--json"], { env });
  const dry = await message("send", "--message", "not yet", "--dry-run");
  expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, to: chat, parts: ["not yet"] });
  expect(shown()).toEqual([]);
  const sent = await message("send", "--message", "**done**", "--idempotency-key", "k1");
  expect(sent).toMatchObject({ status: 0 });
  await message("send", "--message", "**done**", "--idempotency-key", "k1");
  expect(shown().map(({ plain }) => plain)).toEqual(["done"]);
  const { messageId, key } = JSON.parse(sent.stdout) as { messageId: string; key: string };
  await message("edit", "--message-id", messageId, "--message", "better");
  await message("react", "--message-id", messageId, "--emoji", "👍");
  expect(shown().map(({ plain }) => plain)).toEqual(["better"]);
  const poll = await message("poll", "--question", "Lunch?", "--option", "pizza", "--option", "soup");
  expect(poll).toMatchObject({ status: 0 });
  expect(shown().at(-1)?.poll).toMatchObject({ question: "Lunch?", options: ["pizza", "soup"] });
  await message("delete", "--message-id", messageId);
  expect(shown().map(({ plain }) => plain)).not.toContain("better");
  const why = await home.cli(["why", key], { env });
  expect(why.stdout).toContain("sent after 1 attempts");
  const read = await message("read");
  expect(read.status).toBe(1);
  expect(read.stderr + read.stdout).toContain("Telegram lets no bot read old messages");
});

test("the outbox shows what nobody knows, and does what it is told", async () => {
  const env = { OPENCLAW_STATE_DIR: join(home.dir, ".openclaw-second"), ...at(second) };
  expect((await home.cli(["outbox", "list"], { env })).stdout).toBe("Everything is sent.\n");
  const unknown = await home.cli(["outbox", "retry", "nothing"], { env });
  expect(unknown.status).toBe(1);
  expect(unknown.stderr).toContain('there is no delivery "nothing"');
  const sent = await home.cli(["outbox", "drop", "send:k1"], { env });
  expect(sent.stderr).toContain("is sent: nothing to drop");
  expect(await second.stop()).toMatchObject({ status: 0 });
});
