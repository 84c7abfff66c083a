import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { createPeople } from "../fakes/telegram/people.ts";
import { seenOf } from "../fakes/telegram/seen.ts";
import { serveTelegram, type TelegramServer } from "../fakes/telegram/server.ts";
import { postOverHttp, runWebhooks } from "../fakes/telegram/webhooks.ts";
import { createWorld } from "../fakes/telegram/world.ts";
import { baseConfig, createHome, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";

// The whole way with the real program, against the double of the Bot API on a real port.

const world = createWorld(systemClock);
const people = createPeople(world.platform);
let telegram: TelegramServer;
let home: E2eHome;
let gateway: Gateway;

beforeAll(async () => {
  telegram = await serveTelegram(world.platform);
  home = createHome({ config: baseConfig });
});
afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
  await telegram?.stop();
});

const say = (text: string) =>
  people.say({ by: "alice", place: "direct", text }, world.where("direct", "alice"))[0];
const shown = () => seenOf(world.platform).filter(({ deleted }) => !deleted);
const answers = (pattern: RegExp) => shown().filter(({ plain }) => pattern.test(plain));

test("a bot is added to a running gateway, which says whether it works", async () => {
  gateway = await home.gateway();
  const env = { OPENCLAW_GATEWAY_PORT: String(gateway.port) };
  const add = (token: string) =>
    home.cli(
      ["channels", "add", "--channel", "telegram", "--token", token, "--set", `apiRoot=${telegram.url}`],
      { env },
    );
  expect(await add("no-token")).toMatchObject({ status: 1, stderr: expect.stringContaining("@BotFather") });
  const refused = await add("999999:AAE-nobody-knows-this");
  expect(refused).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("Telegram does not know this bot"),
  });
  const added = await add(world.bot.token);
  expect(added).toMatchObject({ status: 0, stdout: expect.stringContaining("Connected as @assistant_bot") });
  const status = await home.cli(["channels", "status", "--probe"], { env });
  expect(status.stdout).toMatch(/telegram\s+default\s+connected/);
  expect(added.stdout + status.stdout).not.toContain(world.bot.token);
  // The menu behind the slash.
  await until(() => world.bot.commands.length > 3, { what: "the menu of commands", or: gateway });
});

test("a stranger is told how to be let in, and talks once they are", async () => {
  const env = { OPENCLAW_GATEWAY_PORT: String(gateway.port) };
  say("hello?");
  const code = await until(() => /Pairing code: (\w+)/.exec(shown()[0]?.plain ?? "")?.[1], {
    what: "the pairing code",
    or: gateway,
  });
  expect(
    await home.cli(["pairing", "approve", code, "--channel", "telegram", "--owner"], { env }),
  ).toMatchObject({ status: 0 });
  say("remember that the tea is in the blue tin");
  await until(() => shown().length >= 2, { what: "the answer", or: gateway });
  say("/whoami");
  await until(() => answers(/telegram/i).length > 1, { what: "the command's answer", or: gateway });
});

test("what is said while it is killed is answered once, after it is back", async () => {
  gateway.signal("SIGKILL");
  await gateway.ended;
  const asked = say("/status");
  gateway = await home.gateway();
  await until(() => answers(/^Session /).length > 0, { what: "the answer", or: gateway });
  await until(() => world.bot.updates.length === 0, { what: "the confirmation", or: gateway });
  expect(answers(/^Session /)).toHaveLength(1);
  const why = await home.cli(["why", `telegram:default:${asked?.chat.id}:${asked?.message_id}`], {
    env: { OPENCLAW_GATEWAY_PORT: String(gateway.port) },
  });
  expect(why).toMatchObject({ status: 0 });
});

test("by webhook Telegram comes to the gateway's port, and strangers do not get in", async () => {
  const env = { OPENCLAW_GATEWAY_PORT: String(gateway.port) };
  const set = await home.cli(["config", "set", "channels.telegram.webhookUrl", gateway.http], { env });
  expect(set).toMatchObject({ status: 0 });
  const webhook = await until(() => world.bot.webhook, { what: "the webhook", or: gateway });
  const delivery = runWebhooks(world.platform, postOverHttp);
  try {
    const before = answers(/^Session /).length;
    say("/status");
    await until(() => answers(/^Session /).length > before, { what: "the answer", or: gateway });
    const forged = await fetch(webhook.url, {
      method: "POST",
      headers: { "x-telegram-bot-api-secret-token": "a-guess" },
      body: JSON.stringify({ update_id: 1, message: {} }),
    });
    expect(forged.status).toBe(401);
  } finally {
    delivery.stop();
  }
});

test("the token is in no log line, and stopping is clean", async () => {
  expect(await gateway.stop()).toMatchObject({ status: 0 });
  expect(JSON.stringify(home.log())).not.toContain(world.bot.token.split(":")[1]);
  expect(gateway.stdout() + gateway.stderr()).not.toContain(world.bot.token.split(":")[1]);
});
