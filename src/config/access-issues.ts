import { PatternError, compilePattern } from "../core/linear-pattern.ts";
import { agentIds } from "./agents.ts";
import { formatPath } from "./config-path.ts";
import type { ConfigIssue } from "./contract.ts";
import type { OpenClawConfig } from "./schema/index.ts";

type Lists = Array<[path: string[], entries: readonly string[], channel: string]>;

/** Platforms whose ids of people are numbers. */
const numericIds: ReadonlySet<string> = new Set(["telegram", "discord"]);

/** What is written in lists of senders and does not do what its writer means (threats.md 4.6): it admits nobody. */
export function accessWarnings(config: OpenClawConfig): ConfigIssue[] {
  return [...senderWarnings(config), ...qualifiedWarnings(config), ...patternWarnings(config)];
}

function senderWarnings(config: OpenClawConfig): ConfigIssue[] {
  return senderLists(config).flatMap(([path, entries, channel]) =>
    entries.flatMap((text, index) => {
      const entry = text.trim();
      const at = formatPath([...path, String(index)]);
      if (entry === "*") return [];
      if (entry.startsWith("group:")) {
        const name = entry.slice("group:".length);
        if (Object.hasOwn(config.accessGroups, name)) return [];
        return [{ path: at, message: `there is no access group ${JSON.stringify(name.slice(0, 80))}` }];
      }
      const id = entry.startsWith(`${channel}:`) ? entry.slice(channel.length + 1) : entry;
      if (!looksLikeName(id, channel)) return [];
      const search = id.replace(/^@/, "");
      return [
        {
          path: at,
          message: `${JSON.stringify(id.slice(0, 80))} looks like a name; only ids count, because names can be changed: openclaw directory users --channel ${channel} --query ${JSON.stringify(search.slice(0, 80))}`,
        },
      ];
    }),
  );
}

function looksLikeName(id: string, channel: string): boolean {
  if (id === "" || id.startsWith("@") || /\s/.test(id)) return true;
  return numericIds.has(channel) && !/^(?:role:)?-?\d+$/.test(id);
}

function senderLists({ channels }: OpenClawConfig): Lists {
  return Object.entries(channels).flatMap(([channel, { accounts, ...shared }]) => {
    const places: Array<[string[], typeof shared]> = [[["channels", channel], shared]];
    for (const [account, own] of Object.entries(accounts ?? {}))
      places.push([["channels", channel, "accounts", account], own]);
    return places.flatMap(([path, { allowFrom, groupAllowFrom, groups }]): Lists => [
      [[...path, "allowFrom"], allowFrom ?? [], channel],
      [[...path, "groupAllowFrom"], groupAllowFrom ?? [], channel],
      ...Object.entries(groups ?? {}).map(([id, group]): Lists[number] => [
        [...path, "groups", id, "allowFrom"],
        group.allowFrom ?? [],
        channel,
      ]),
    ]);
  });
}

/** Lists over all channels, in which 123 alone could be anybody. */
function qualifiedWarnings({ commands, accessGroups, session }: OpenClawConfig): ConfigIssue[] {
  const lists: Array<[string[], readonly string[]]> = [
    [["commands", "ownerAllowFrom"], commands.ownerAllowFrom],
    ...Object.entries(accessGroups).map(([name, list]): [string[], string[]] => [
      ["accessGroups", name],
      list,
    ]),
    ...Object.entries(session.identityLinks).map(([name, list]): [string[], string[]] => [
      ["session", "identityLinks", name],
      list,
    ]),
  ];
  return lists.flatMap(([path, entries]) =>
    entries.flatMap((entry, index) =>
      /^[^:\s]+:(?!\*$)\S+$/.test(entry.trim())
        ? []
        : [
            {
              path: formatPath([...path, String(index)]),
              message: `${JSON.stringify(entry.slice(0, 80))} names nobody; write channel:id, such as telegram:123456789`,
            },
          ],
    ),
  );
}

function patternWarnings({ messages, agents }: OpenClawConfig): ConfigIssue[] {
  const lists: Array<[string[], readonly string[]]> = [
    [["messages", "groupChat", "mentionPatterns"], messages.groupChat.mentionPatterns],
    ...agents.list.map(({ groupChat }, index): [string[], readonly string[]] => [
      ["agents", "list", String(index), "groupChat", "mentionPatterns"],
      groupChat?.mentionPatterns ?? [],
    ]),
  ];
  return lists.flatMap(([path, patterns]) =>
    patterns.flatMap((pattern, index) => {
      try {
        compilePattern(pattern);
        return [];
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        const at = formatPath([...path, String(index)]);
        return [{ path: at, message: `this pattern matches nothing: ${error.message}` }];
      }
    }),
  );
}

/** An agent that does not exist must not quietly become another one. */
export function routingIssues(config: OpenClawConfig): ConfigIssue[] {
  const known = agentIds(config);
  const named: Array<[string[], string | undefined]> = [
    ...config.bindings.map(({ agentId }, index): [string[], string] => [
      ["bindings", String(index), "agentId"],
      agentId,
    ]),
    ...Object.entries(config.broadcast).flatMap(([group, agents]) =>
      agents.map((agentId, index): [string[], string] => [["broadcast", group, String(index)], agentId]),
    ),
    ...Object.entries(config.channels).flatMap(([channel, { groups, accounts }]) => [
      ...groupAgents(["channels", channel], groups),
      ...Object.entries(accounts ?? {}).flatMap(([account, own]) =>
        groupAgents(["channels", channel, "accounts", account], own.groups),
      ),
    ]),
  ];
  return named.flatMap(([path, agentId]) =>
    agentId === undefined || known.includes(agentId.trim().toLowerCase())
      ? []
      : [
          {
            path: formatPath(path),
            message: `expected one of ${known.join(", ")}, got ${JSON.stringify(agentId.slice(0, 80))}`,
          },
        ],
  );
}

function groupAgents(
  path: string[],
  groups: OpenClawConfig["channels"][string]["groups"],
): Array<[string[], string | undefined]> {
  return Object.entries(groups ?? {}).map(([id, { agent }]) => [[...path, "groups", id, "agent"], agent]);
}
