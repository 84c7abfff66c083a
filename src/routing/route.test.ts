import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { InboundEvent } from "../channels/contract.ts";
import { parseSessionKey, sessionKind } from "../core/session-key.ts";
import { answeringAgents, type AgentRules, type Binding } from "./bindings.ts";
import { keyPart, replyTarget, routesOf, type SessionRules } from "./route.ts";

const event = (change: Partial<InboundEvent> = {}): InboundEvent =>
  ({
    kind: "message",
    channel: "tg",
    account: "default",
    messageId: "7",
    chat: { kind: "direct", id: "5" },
    sender: { id: "5" },
    text: "hi",
    mentioned: false,
    sentAt: 0,
    ...change,
  }) as InboundEvent;
const rules: AgentRules = {
  bindings: [],
  broadcast: {},
  agentIds: ["main", "a", "b", "c"],
  defaultAgentId: "main",
};
const session: SessionRules = {
  mainKey: "main",
  scope: "per-sender",
  dmScope: "main",
  identityLinks: { anna: ["tg:5", "wa:+49"] },
};
const keyOf = (change: Partial<InboundEvent>, more: Partial<SessionRules> = {}, owner = false) =>
  routesOf(event(change), { owner, groupAgent: undefined, rules, session: { ...session, ...more } })[0]
    ?.sessionKey;
const other = { sender: { id: "6" }, chat: { kind: "direct" as const, id: "6" } };
const group = (more: object = {}) => ({ chat: { kind: "group" as const, id: "-100", ...more } });

describe("the session of a message", () => {
  it.each<[string, Partial<InboundEvent>, Partial<SessionRules>, boolean, string]>([
    ["the owner", {}, {}, true, "agent:main:main"],
    ["the owner with another main key", {}, { mainKey: "home" }, true, "agent:main:home"],
    ["somebody else", other, {}, false, "agent:main:tg:dm:6"],
    ["somebody else, named account", { ...other, account: "w" }, {}, false, "agent:main:tg:w:dm:6"],
    ["a linked person", {}, {}, false, "agent:main:dm:person:anna"],
    ["per peer", other, { dmScope: "per-peer" }, true, "agent:main:dm:6"],
    ["per peer, linked", {}, { dmScope: "per-peer" }, true, "agent:main:dm:person:anna"],
    ["per channel and peer", other, { dmScope: "per-channel-peer" }, true, "agent:main:tg:dm:6"],
    ["per account", other, { dmScope: "per-account-channel-peer" }, true, "agent:main:tg:default:dm:6"],
    ["one for all", other, { scope: "global" }, false, "global"],
    ["a group", group(), {}, false, "agent:main:tg:group:-100"],
    ["the owner in a group", group(), {}, true, "agent:main:tg:group:-100"],
    [
      "a group, although direct chats are one",
      group(),
      { scope: "global" },
      true,
      "agent:main:tg:group:-100",
    ],
    ["a topic", group({ threadId: "3" }), {}, false, "agent:main:tg:group:-100:thread:3"],
  ])("%s", (_, change, more, owner, key) => expect(keyOf(change, more, owner)).toBe(key));

  test("nobody's id reads like a linked person's name, or like structure", () => {
    const odd = { sender: { id: "person:anna" } };
    expect(keyOf(odd, { dmScope: "per-peer" })).toBe("agent:main:dm:person%3Aanna");
    expect(keyOf({ sender: { id: "x:group:y" } }, { dmScope: "per-peer" })).toBe(
      "agent:main:dm:x%3Agroup%3Ay",
    );
  });

  test("different ids have different keys, which can be stored and keep their kind", () => {
    const ids = fc.string({ unit: "binary", minLength: 1, maxLength: 300 }).filter((id) => id.isWellFormed());
    fc.assert(
      fc.property(ids, ids, (one, two) => {
        if (one !== two) expect(keyPart(one)).not.toBe(keyPart(two));
        const direct = keyOf({ sender: { id: one } }, { identityLinks: {} }) ?? "";
        expect(parseSessionKey(direct, { agentId: "main", mainKey: "main" }).canonical).toBe(direct);
        expect(sessionKind(direct)).toBe("direct");
        const room = keyOf({ chat: { kind: "group", id: one, threadId: two } }) ?? "";
        expect(parseSessionKey(room, { agentId: "main", mainKey: "main" }).canonical).toBe(room);
        expect(sessionKind(room)).toBe("group");
      }),
    );
  });

  test("two strangers never share a session, nor anybody with the owner, whatever their ids and accounts", () => {
    const id = fc.string({
      unit: fc.constantFrom("a", ":", "%", "dm", "group", "main", "person"),
      minLength: 1,
      maxLength: 6,
    });
    const place = fc.record({
      channel: fc.constantFrom("tg", "wa"),
      account: fc.constantFrom("default", "w"),
      id,
    });
    const scope = fc.constantFrom("main" as const, "per-account-channel-peer" as const);
    fc.assert(
      fc.property(place, place, scope, (one, two, dmScope) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(two));
        const keys = [one, two].map((who) =>
          keyOf({ channel: who.channel, account: who.account, sender: { id: who.id } }, { dmScope }),
        );
        expect(keys[0]).not.toBe(keys[1]);
        if (dmScope === "main") expect(keys).not.toContain(keyOf({}, {}, true));
      }),
    );
  });

  test("the answer goes where the question came from", () => {
    expect(replyTarget(event(group({ threadId: "3" })))).toEqual({
      channel: "tg",
      account: "default",
      to: "-100",
      threadId: "3",
    });
  });
});

describe("the agent that answers", () => {
  const bind = (agentId: string, match: Binding["match"]): Binding => ({ agentId, match });
  const who = (change: Partial<InboundEvent>, bindings: Binding[], groupAgent?: string) =>
    answeringAgents(event(change), groupAgent, { ...rules, bindings });
  const here = { ...group({ parentId: "guild", threadId: "t" }), sender: { id: "5", roleIds: ["r"] } };

  // From the least to the most particular: each beats all before it, wherever it stands in the list.
  const ladder: Array<Binding["match"]> = [
    { channel: "tg" },
    { channel: "tg", accountId: "default" },
    { channel: "tg", parentId: "guild" },
    { channel: "tg", parentId: "guild", roles: ["x", "r"] },
    { channel: "tg", peer: { kind: "group", id: "-100" } },
    { channel: "tg", peer: { kind: "group", id: "-100" }, threadId: "t" },
  ];
  it.each(ladder.map((match, index) => [index, match] as const))("rung %i: %j", (index, match) => {
    const below = ladder.slice(0, index).map((each) => bind("a", each));
    expect(who(here, [bind("b", match), ...below])).toEqual(["b"]);
    expect(who(here, [...below, bind("b", match)])).toEqual(["b"]);
  });

  it.each<[string, Partial<InboundEvent>, Binding[], string]>([
    ["nobody bound", {}, [], "main"],
    ["the first of two alike", {}, [bind("a", { channel: "tg" }), bind("b", { channel: "tg" })], "a"],
    ["another channel", {}, [bind("a", { channel: "wa" })], "main"],
    ["one member that does not fit", here, [bind("a", { channel: "tg", roles: ["x"] })], "main"],
    ["a binding that names nothing", {}, [bind("a", {})], "main"],
    [
      "a peer of the other kind",
      {},
      [bind("a", { channel: "tg", peer: { kind: "group", id: "5" } })],
      "main",
    ],
    ["a direct peer", {}, [bind("a", { channel: "tg", peer: { kind: "direct", id: "5" } })], "a"],
    ["another account", { account: "w" }, [bind("a", { channel: "tg" })], "main"],
    ["every account", { account: "w" }, [bind("a", { channel: "tg", accountId: "*" })], "a"],
    ["an agent that is gone", {}, [bind("gone", { channel: "tg" })], "main"],
  ])("%s", (_, change, bindings, agent) => expect(who(change, bindings)).toEqual([agent]));

  test("a group's own agent goes before bindings, broadcast before both; all answer in sessions of their own", () => {
    const bindings = [bind("a", { channel: "tg", peer: { kind: "group", id: "-100" } })];
    expect(who(group(), bindings, "b")).toEqual(["b"]);
    expect(who({}, bindings, "b")).toEqual(["main"]);
    const routes = routesOf(event(group()), {
      owner: false,
      groupAgent: "b",
      rules: { ...rules, bindings, broadcast: { "tg:-100": ["c", "gone", "a", "c"] } },
      session,
    });
    expect(routes).toEqual([
      { agentId: "c", sessionKey: "agent:c:tg:group:-100", key: "tg:default:7" },
      { agentId: "a", sessionKey: "agent:a:tg:group:-100", key: "tg:default:7#a" },
    ]);
  });
});
