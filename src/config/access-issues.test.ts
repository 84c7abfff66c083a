import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { resolvePaths } from "../state/index.ts";
import { openConfigStore } from "./store.ts";

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), "openclaw-access-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

function warningsOf(config: object) {
  const paths = resolvePaths({ env: {}, home });
  mkdirSync(dirname(paths.configPath), { recursive: true });
  writeFileSync(paths.configPath, JSON.stringify({ gateway: { mode: "local" }, ...config }), { mode: 0o600 });
  const store = openConfigStore({ paths, env: { HOME: home }, clock: systemClock, logger: silentLogger });
  const { valid, warnings } = store.read();
  expect(valid).toBe(true);
  return warnings.filter(({ message }) => !message.includes("no effect"));
}

test("what admits nobody is said: names, other channels' spellings, missing groups, broken patterns", () => {
  const access = warningsOf({
    channels: {
      telegram: {
        allowFrom: ["123", "-1", "*", "telegram:5", "group:friends", "group:foes", "@anna", "Anna B"],
        groupAllowFrom: ["anna"],
        groups: { g: { allowFrom: ["role:9", "role:mods"] } },
        accounts: { work: { allowFrom: [" @bob"] }, default: {} },
      },
      signal: { allowFrom: ["+4915", "uuid:x", "u-1"] },
    },
    accessGroups: { friends: ["telegram:1", "2", "telegram:*"] },
    commands: { ownerAllowFrom: ["telegram:1", "9", "*"] },
    session: { identityLinks: { anna: ["telegram:1", "+4915"] } },
    messages: { groupChat: { mentionPatterns: ["\\bclaw\\b", "(?=x)"] } },
    agents: { list: [{ id: "main", groupChat: { mentionPatterns: ["[a"] } }] },
  });
  expect(access.map(({ path }) => path)).toEqual([
    "channels.telegram.allowFrom[5]",
    "channels.telegram.allowFrom[6]",
    "channels.telegram.allowFrom[7]",
    "channels.telegram.groupAllowFrom[0]",
    "channels.telegram.groups.g.allowFrom[1]",
    "channels.telegram.accounts.work.allowFrom[0]",
    "commands.ownerAllowFrom[1]",
    "commands.ownerAllowFrom[2]",
    "accessGroups.friends[1]",
    "accessGroups.friends[2]",
    "session.identityLinks.anna[1]",
    "messages.groupChat.mentionPatterns[1]",
    "agents.list[0].groupChat.mentionPatterns[0]",
  ]);
  expect(access[1]?.message).toContain('openclaw directory users --channel telegram --query "anna"');
});
