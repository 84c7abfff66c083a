import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { createPeople } from "../fakes/discord/people.ts";
import { seenOf } from "../fakes/discord/seen.ts";
import { serveDiscord, type DiscordServer } from "../fakes/discord/server.ts";
import { createWorld } from "../fakes/discord/world.ts";
import { baseConfig, createHome, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";

// The whole way with the real program, against the double of Discord's gateway and API on a real port.

const world = createWorld(systemClock);
const people = createPeople(world.platform);
let discord: DiscordServer;
let home: E2eHome;
let gateway: Gateway;

beforeAll(async () => {
  discord = await serveDiscord(world.platform);
  home = createHome({ config: baseConfig });
});
afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
  await discord?.stop();
});

const say = (
  text: string,
  more: { place?: "direct" | "group"; mention?: boolean; command?: boolean } = {},
) => {
  const { place = "direct", ...rest } = more;
  return people.say({ by: "alice", place, text, ...rest }, world.where(place, "alice"));
};
const shown = () => seenOf(world.platform).filter(({ deleted }) => !deleted);
const env = () => ({ OPENCLAW_GATEWAY_PORT: String(gateway.port) });

test("a bot is added to a running gateway, which says whether it works", async () => {
  gateway = await home.gateway();
  const add = (token: string) =>
    home.cli(
      ["channels", "add", "--channel", "discord", "--token", token, "--set", `apiRoot=${discord.url}`],
      {
        env: env(),
      },
    );
  expect(await add("no-token")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("not a bot token"),
  });
  const added = await add(world.bot.token);
  expect(added).toMatchObject({ status: 0, stdout: expect.stringContaining("Connected as @assistant") });
  const status = await home.cli(["channels", "status", "--probe"], { env: env() });
  expect(status.stdout).toMatch(/discord\s+default\s+connected/);
  expect(added.stdout + status.stdout).not.toContain(world.bot.token);
  await until(() => world.bot.commands.length > 3, { what: "the slash commands", or: gateway });
});

test("a stranger is told how to be let in, and talks once they are", async () => {
  say("hello?");
  const code = await until(() => /Pairing code: (\w+)/.exec(shown()[0]?.plain ?? "")?.[1], {
    what: "the pairing code",
    or: gateway,
  });
  expect(
    await home.cli(["pairing", "approve", code, "--channel", "discord", "--owner"], { env: env() }),
  ).toMatchObject({ status: 0 });
  const before = shown().length;
  say("remember that the tea is in the blue tin");
  await until(() => shown().length > before, { what: "the answer", or: gateway });
  say("/status", { command: true });
  await until(() => shown().some(({ plain }) => plain.startsWith("Session ")), {
    what: "the command's answer",
    or: gateway,
  });
});

test("what is said while it is killed is answered once, after it is back", async () => {
  gateway.signal("SIGKILL");
  await gateway.ended;
  const before = shown().length;
  const asked = say("/status");
  gateway = await home.gateway();
  // Discord still had the session.
  await until(() => discord.gateway.counts().resumes > 0, { what: "the session to go on", or: gateway });
  await until(() => shown().length > before, { what: "the answer", or: gateway });
  const why = await home.cli(["why", `discord:default:${asked}`], { env: env() });
  expect(why).toMatchObject({ status: 0 });
  expect(shown()).toHaveLength(before + 1);
});

test("a server that is not listed is not answered, and one that is, is", async () => {
  const ignored = say("are you there", { place: "group", mention: true });
  const why = () => home.cli(["why", `discord:default:${ignored}`], { env: env() });
  await until(async () => (await why()).status === 0, { what: "the refusal", or: gateway });
  const set = await home.cli(
    ["config", "set", `channels.discord.groups["${world.guild.id}"].requireMention`, "true"],
    { env: env() },
  );
  expect(set).toMatchObject({ status: 0 });
  await until(() => gateway.stdout().includes("configuration applied"), { what: "the change", or: gateway });
  const inGroup = () => shown().filter(({ chatId }) => chatId === world.group.id);
  say("hello from the server", { place: "group", mention: true });
  await until(() => inGroup().length > 0, { what: "an answer in the server", or: gateway });
});

test("the token is in no log line, and stopping is clean", async () => {
  expect(await gateway.stop()).toMatchObject({ status: 0 });
  const secret = world.bot.token.split(".")[2] ?? "";
  expect(JSON.stringify(home.log())).not.toContain(secret);
  expect(gateway.stdout() + gateway.stderr()).not.toContain(secret);
});
