import { expect, test } from "vitest";
import { configSchema, openConfigStore } from "../config/index.ts";
import { resolvePaths } from "../state/index.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import type { SessionRecord } from "../sessions/index.ts";
import { channelAccounts, groupOf } from "./access.ts";
import { agentSettings } from "./settings.ts";

const paths = resolvePaths({ env: {}, home: "/home/somebody" });
const parse = (config: object) => configSchema.parse(config);
const accounts = (config: object) => channelAccounts(parse(config));

test("what is not said is the strict choice, except for those who hold the secret of a webhook", () => {
  const [telegram, webhook] = accounts({ channels: { telegram: {}, webhook: {} } });
  expect(telegram?.policy).toMatchObject({
    dmPolicy: "pairing",
    allowFrom: null,
    groupPolicy: "allowlist",
    groupAllowFrom: null,
    groups: {},
    requireMention: true,
    allowBots: false,
    selfChat: false,
    owners: [],
  });
  expect(webhook?.policy.dmPolicy).toBe("open");
});

test("an account's own keys go before the channel's, and rules name the place that decides", () => {
  const config = {
    channels: {
      telegram: {
        allowFrom: ["1"],
        dmPolicy: "allowlist",
        groups: { g: { agent: "OPS", tools: { deny: ["exec"] } } },
        accounts: { work: { allowFrom: ["2"], enabled: false }, home: {} },
      },
      signal: { allowFrom: ["3"] },
    },
    commands: { ownerAllowFrom: ["telegram:9", "signal:8", "7"] },
  };
  const [work, home, signal] = accounts(config);
  expect(work).toMatchObject({
    account: "work",
    enabled: false,
    policy: { allowFrom: ["2"], owners: ["9"] },
  });
  expect(work?.policy.pathOf("allowFrom")).toBe("channels.telegram.accounts.work.allowFrom");
  expect(work?.policy.pathOf("dmPolicy")).toBe("channels.telegram.dmPolicy");
  expect(work?.policy.pathOf("groups", "-1.5", "enabled")).toBe('channels.telegram.groups["-1.5"].enabled');
  expect(home?.policy.allowFrom).toEqual(["1"]);
  expect(home?.policy.pathOf("groupAllowFrom")).toBe("channels.telegram.accounts.home.groupAllowFrom");
  expect(signal?.policy).toMatchObject({ owners: ["8"] });
  expect(signal?.policy.pathOf("groupAllowFrom")).toBe("channels.signal.groupAllowFrom");
});

const config = parse({
  channels: {
    discord: {
      groups: {
        room: { systemPrompt: "Be brief.", tools: { allow: ["read"] }, skills: ["weather"] },
        guild: { systemPrompt: "Guild." },
        "*": { tools: { deny: ["exec"] } },
      },
      accounts: { work: { groups: { room: { systemPrompt: "Work." } } }, default: {} },
    },
  },
});
const record = (route: object, chatType: string | null = "group") =>
  ({ chatType, route: { channel: "discord", accountId: "default", ...route } }) as unknown as SessionRecord;

test.each<[string, SessionRecord, string | undefined]>([
  ["its own", record({ to: "room", parentId: "guild" }), "channels.discord.groups.room"],
  ["its guild's", record({ to: "other", parentId: "guild" }), "channels.discord.groups.guild"],
  ["that of all others", record({ to: "other" }), "channels.discord.groups.*"],
  ["its account's", record({ to: "room", accountId: "work" }), "channels.discord.accounts.work.groups.room"],
  ["none in a direct chat", record({ to: "room" }, "direct"), undefined],
  ["none without a place", { chatType: "group", route: null } as SessionRecord, undefined],
  ["none on a channel that is gone", record({ to: "room", channel: "constructor" }), undefined],
])("settings of a conversation: %s", (_, of, path) => expect(groupOf(config, of)?.path).toBe(path));

test("tools, instructions and skills of a group reach the settings of its runs, and no others", () => {
  expect(agentSettings(config, paths, "main", record({ to: "room" }))).toMatchObject({
    instructions: "Be brief.",
    skills: { allow: ["weather"] },
    tools: { conversation: { rule: "channels.discord.groups.room.tools", policy: { allow: ["read"] } } },
  });
  const main = agentSettings(config, paths, "main");
  expect(main).toMatchObject({ instructions: null, skills: { allow: null } });
  expect(main.tools.conversation).toBeUndefined();
});

const store = openConfigStore({
  paths,
  env: { HOME: "/home/somebody" },
  clock: systemClock,
  logger: silentLogger,
});
const judged = (value: object) => store.judge(JSON.stringify({ gateway: { mode: "local" }, ...value }));

test("an agent that does not exist is an error where it is named", () => {
  const { file, issues } = judged({
    agents: { list: [{ id: "main" }] },
    bindings: [
      { agentId: "main", match: {} },
      { agentId: "gone", match: {} },
    ],
    broadcast: { "telegram:-1": ["main", "gone"] },
    channels: { telegram: { groups: { g: { agent: "gone" } } } },
  });
  expect(file).toBeNull();
  expect(issues.map(({ path }) => path)).toEqual([
    "bindings[1].agentId",
    "broadcast.telegram:-1[1]",
    "channels.telegram.groups.g.agent",
  ]);
});
