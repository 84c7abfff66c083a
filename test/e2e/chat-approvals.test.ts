// Questions for permission in a chat, with the real program against the double of the Bot API.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { createPeople } from "../fakes/telegram/people.ts";
import { seenOf } from "../fakes/telegram/seen.ts";
import { serveTelegram, type TelegramServer } from "../fakes/telegram/server.ts";
import { createWorld } from "../fakes/telegram/world.ts";
import { baseConfig, createHome, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";

const world = createWorld(systemClock);
const people = createPeople(world.platform);
let telegram: TelegramServer;
let home: E2eHome;
let gateway: Gateway;
let file: string;

beforeAll(async () => {
  telegram = await serveTelegram(world.platform);
  home = createHome({
    config: {
      ...baseConfig,
      commands: { ownerAllowFrom: [`telegram:${world.people.alice.id}`] },
      channels: {
        telegram: {
          apiRoot: telegram.url,
          botToken: world.bot.token,
          dmPolicy: "open",
          allowFrom: ["*"],
        },
      },
    },
  });
  file = join(home.dir, "ran");
  gateway = await home.gateway();
});
afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
  await telegram?.stop();
});

const say = (text: string, by: "alice" | "bob" = "alice") =>
  people.say({ by, place: "direct", text }, world.where("direct", by))[0];
const shown = () => seenOf(world.platform).filter(({ deleted }) => !deleted);
const saying = (pattern: RegExp) => shown().filter(({ plain }) => pattern.test(plain));
const question = () =>
  until(() => saying(/May I run this/)[0], { what: "the question", or: gateway, timeoutMs: 20_000 });
/** Presses the first or the last button below a message. */
const press = (messageId: string, which: "allow" | "deny", by: "alice" | "bob" = "alice") => {
  const buttons = shown().find((each) => each.messageId === messageId)?.buttons ?? [];
  const value = buttons.at(which === "allow" ? 0 : -1);
  if (value === undefined) throw new Error("there are no buttons");
  return people.press(world.message(messageId), world.people[by], value);
};
const lines = () => (existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0);

test("the owner presses a button; the command runs once, and the message says who allowed it", async () => {
  say(`run echo one >> ${file}`);
  const { messageId, plain } = await question();
  expect(plain).toContain(`echo one >> ${file}`);
  expect(lines()).toBe(0);
  // Commands are answered while the run waits.
  say("/queue");
  await until(() => saying(/^Queue: 0 waiting/).length === 1, { what: "/queue", or: gateway });
  const stranger = press(messageId, "allow", "bob");
  await until(() => stranger.shown(), { what: "the stranger's answer", or: gateway });
  expect(stranger.shown()).toBe("Only the owner may decide this.");
  expect(lines()).toBe(0);
  const first = press(messageId, "allow");
  const second = press(messageId, "deny");
  await until(() => first.shown() === "Allowed." && second.shown(), { what: "both answers", or: gateway });
  expect(second.shown()).toMatch(/^Already decided: allowed by /);
  await until(() => saying(/Output of/).length > 0, { what: "the run's answer", or: gateway });
  await until(() => saying(/^Allowed once by /).length === 1, { what: "the closing words", or: gateway });
  const closed = shown().find((each) => each.messageId === messageId);
  expect(closed?.plain).toMatch(/^Allowed once by /);
  expect(closed?.buttons).toEqual([]);
  expect(lines()).toBe(1);
});

test("a question outlives the process: pressed while it is down, answered after it is back", async () => {
  say(`run echo two >> ${file}`);
  const { messageId } = await question();
  gateway.signal("SIGKILL");
  await gateway.ended;
  const pressed = press(messageId, "allow");
  gateway = await home.gateway();
  await until(() => pressed.shown() === "Allowed.", { what: "the press", or: gateway, timeoutMs: 30_000 });
  await until(() => lines() === 2, { what: "the command", or: gateway, timeoutMs: 30_000 });
  await until(() => saying(/^Allowed once by /).length === 2, { what: "the closing words", or: gateway });
  expect(saying(/May I run this/)).toEqual([]);
});

test("/deny and /approve decide by words, and /stop ends a run that waits", async () => {
  say(`run echo three >> ${file}`);
  await question();
  say("/approve");
  const listed = await until(() => saying(/^([0-9a-f]{8}): echo three/)[0]?.plain, {
    what: "the list",
    or: gateway,
  });
  say(`/deny ${listed.slice(0, 8)}`);
  await until(() => saying(/^Denied: echo three/).length === 1, { what: "the refusal", or: gateway });
  await until(() => saying(/^Denied by /).length === 1, { what: "the closing words", or: gateway });
  say(`run echo four >> ${file}`);
  await question();
  say("/stop");
  await until(() => saying(/^No longer needed/).length === 1, { what: "the end", or: gateway });
  expect(lines()).toBe(2);
  expect((await home.cli(["approvals", "list"])).stdout).toContain("Nothing waits");
});
