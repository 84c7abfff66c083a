import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InboundEvent, InboundMessageEvent } from "../channels/contract.ts";
import { formatPath } from "../config/index.ts";
import { admit, type AccountPolicy, type GroupPolicy, type PairedSenders } from "./admit.ts";

const policy: AccountPolicy = {
  dmPolicy: "allowlist",
  allowFrom: ["1"],
  groupPolicy: "allowlist",
  groupAllowFrom: null,
  groups: { g: { enabled: true } },
  requireMention: true,
  allowBots: false,
  selfChat: false,
  owners: [],
  accessGroups: { friends: ["x:5", "y:6", "x:role:r1"] },
  mentionedIn: ({ text }) => text.includes("claw"),
  pathOf: (key, ...below) => formatPath(["channels", "x", key, ...below]),
};
const nobody: PairedSenders = { allowFrom: [], owners: [] };
const message = (change: Partial<InboundMessageEvent> = {}): InboundMessageEvent => ({
  kind: "message",
  channel: "x",
  account: "default",
  messageId: "m",
  chat: { kind: "direct", id: "1" },
  sender: { id: "1", name: "Bob" },
  text: "hi",
  mentioned: false,
  sentAt: 0,
  ...change,
});
const group = (id = "g", more: object = {}) => ({ kind: "group" as const, id, ...more });
const open = { enabled: true };
const decide = (
  change: Partial<InboundMessageEvent> = {},
  policyChange: Partial<AccountPolicy> = {},
  paired: PairedSenders = nobody,
) => admit(message(change), { ...policy, ...policyChange }, paired);

type Row = [string, Partial<InboundMessageEvent>, Partial<AccountPolicy>, boolean, string];

describe("direct messages", () => {
  const stranger = { sender: { id: "2" } };
  it.each<Row>([
    ["a listed sender", {}, {}, true, "channels.x.allowFrom"],
    ["a stranger", stranger, {}, false, "channels.x.allowFrom"],
    ["a stranger with a listed name", { sender: { id: "2", name: "1" } }, {}, false, "allowFrom"],
    ["an id inside a longer one", { sender: { id: "11" } }, {}, false, "allowFrom"],
    ["another spelling of an id", { sender: { id: "a" } }, { allowFrom: ["A"] }, false, "allowFrom"],
    ["a listed other id", { sender: { id: "lid", otherIds: ["1"] } }, {}, true, "allowFrom"],
    ["an id with its channel", stranger, { allowFrom: [" x:2 "] }, true, "allowFrom"],
    ["an id of another channel", stranger, { allowFrom: ["y:2"] }, false, "allowFrom"],
    ["a chat id in place of a sender id", { ...stranger, chat: { kind: "direct", id: "1" } }, {}, false, ""],
    ["anybody when open", stranger, { dmPolicy: "open" }, true, "dmPolicy=open"],
    ["nobody when disabled", {}, { dmPolicy: "disabled" }, false, "dmPolicy"],
    ["a stranger under pairing", stranger, { dmPolicy: "pairing" }, false, "allowFrom"],
    ["nobody by an empty list", {}, { allowFrom: [] }, false, "allowFrom"],
    ["nobody by a missing list", {}, { allowFrom: null }, false, "allowFrom"],
    ["everybody by an explicit wildcard", stranger, { allowFrom: ["*"] }, true, "allowFrom"],
    ["nobody by a wildcard inside a text", stranger, { allowFrom: ["2*", "x:*"] }, false, "allowFrom"],
    ["a member of an access group", { sender: { id: "5" } }, { allowFrom: ["group:friends"] }, true, ""],
    ["another channel's member", { sender: { id: "6" } }, { allowFrom: ["group:friends"] }, false, ""],
    ["an access group nobody made", { sender: { id: "5" } }, { allowFrom: ["group:toString"] }, false, ""],
    ["a role", { sender: { id: "9", roleIds: ["r2"] } }, { allowFrom: ["role:r2"] }, true, "allowFrom"],
    ["a role as an id", { sender: { id: "role:r2" } }, { allowFrom: ["role:r2"] }, false, "allowFrom"],
    [
      "a role of an access group",
      { sender: { id: "9", roleIds: ["r1"] } },
      { allowFrom: ["group:friends"] },
      true,
      "",
    ],
    ["a bot", { sender: { id: "1", bot: true } }, {}, false, "allowBots"],
    ["a listed bot where bots may", { sender: { id: "1", bot: true } }, { allowBots: true }, true, ""],
    ["a bot nobody listed", { sender: { id: "2", bot: true } }, { allowBots: true }, false, "allowFrom"],
    ["an own echo", { sender: { id: "1", self: true } }, {}, false, "selfChatMode"],
    ["no sender id", { sender: { id: "" } }, { dmPolicy: "open" }, false, ""],
    ["a policy nobody knows", {}, { dmPolicy: "friends" as never }, false, "dmPolicy"],
  ])("%s", (_, change, policyChange, admitted, rule) => {
    const decision = decide(change, policyChange);
    expect([decision.admitted, decision.rule]).toEqual([admitted, expect.stringContaining(rule)]);
    if (decision.admitted) expect(decision.owner).toBe(false);
  });

  it("a note to oneself is the owner's, in self-chat mode and nowhere else", () => {
    const own = { sender: { id: "me", self: true }, chat: { kind: "direct" as const, id: "me" } };
    expect(decide(own, { selfChat: true })).toMatchObject({ admitted: true, owner: true });
    expect(decide(own)).toMatchObject({ admitted: false, kind: "ignored" });
    expect(decide({ ...own, chat: { kind: "direct", id: "friend" } }, { selfChat: true }).admitted).toBe(
      false,
    );
    expect(decide({ ...own, chat: group("me") }, { selfChat: true }).admitted).toBe(false);
    expect(decide(own, { selfChat: true, dmPolicy: "disabled" }).admitted).toBe(false);
  });

  it("pairing admits whom the operator approved, on this policy only, and never in groups", () => {
    const paired = { allowFrom: ["2"], owners: [] };
    expect(decide(stranger, { dmPolicy: "pairing" }, paired)).toMatchObject({ admitted: true, owner: false });
    expect(decide(stranger, { dmPolicy: "allowlist" }, paired).admitted).toBe(false);
    const inGroup = { ...stranger, chat: group("h"), mentioned: true };
    expect(
      decide(inGroup, { dmPolicy: "pairing", groups: { "*": open }, allowFrom: null }, paired),
    ).toMatchObject({
      admitted: false,
      kind: "sender",
    });
  });

  it("who may ask to be let in is said only under pairing", () => {
    expect(decide(stranger, { dmPolicy: "pairing" })).toMatchObject({ mayPair: true });
    expect(decide(stranger)).toMatchObject({ mayPair: false });
    expect(decide(stranger, { dmPolicy: "disabled" })).toMatchObject({ mayPair: false });
  });

  it("the owner is whom the two lists of owners name; no other list and no wildcard", () => {
    expect(decide(stranger, { owners: ["2"] })).toMatchObject({ admitted: true, owner: true });
    expect(decide(stranger, {}, { allowFrom: [], owners: ["2"] })).toMatchObject({
      admitted: true,
      owner: true,
    });
    expect(decide(stranger, { owners: ["*"] }).admitted).toBe(false);
    expect(
      decide({ sender: { id: "*" } }, { owners: ["*"] }, { allowFrom: ["*"], owners: ["*"] }).admitted,
    ).toBe(false);
    expect(decide(stranger, { allowFrom: ["*"], owners: ["*"] })).toMatchObject({ owner: false });
    expect(decide(stranger, { owners: ["2"], dmPolicy: "disabled" }).admitted).toBe(false);
  });
});

describe("groups", () => {
  const at = (id?: string, more?: object) => ({ chat: group(id, more), mentioned: true });
  const them = { sender: { id: "2" } };
  const groups = (entry: Partial<GroupPolicy>, id = "g") => ({ groups: { [id]: { ...open, ...entry } } });
  it.each<Row>([
    ["a listed group, a listed sender", at(), {}, true, "channels.x.groups.g"],
    ["a sender whom allowFrom leaves out", { ...at(), ...them }, {}, false, "channels.x.allowFrom"],
    [
      "any member of a named group without lists",
      { ...at(), ...them },
      { allowFrom: null },
      true,
      "groups.g",
    ],
    [
      "nobody by `*` without lists",
      { ...at("h"), ...them },
      { ...groups({}, "*"), allowFrom: null },
      false,
      "allowFrom",
    ],
    ["a listed sender by `*`", at("h"), groups({}, "*"), true, "groups.*"],
    ["another group", at("h"), {}, false, "channels.x.groups"],
    ["a group id that only a sender list names", at("1"), {}, false, "groups"],
    ["a group of a listed guild", at("h", { parentId: "g" }), {}, true, "groups.g"],
    ["groups when disabled", at(), { groupPolicy: "disabled" }, false, "groupPolicy"],
    ["a group that is switched off", at(), groups({ enabled: false }), false, "groups.g"],
    [
      "a group that is switched off, open policy",
      at(),
      { ...groups({ enabled: false }), groupPolicy: "open" },
      false,
      "",
    ],
    [
      "any group when open",
      { ...at("h"), ...them },
      { groupPolicy: "open", allowFrom: null },
      true,
      "groupPolicy=open",
    ],
    [
      "a listed sender only, when open and listed",
      { ...at("h"), ...them },
      { groupPolicy: "open" },
      false,
      "allowFrom",
    ],
    ["members of groupAllowFrom", { ...at(), ...them }, { groupAllowFrom: ["2"] }, true, "groups.g"],
    ["nobody by an empty groupAllowFrom", at(), { groupAllowFrom: [] }, false, "groupAllowFrom"],
    ["members of the group's own list", { ...at(), ...them }, groups({ allowFrom: ["2"] }), true, "groups.g"],
    ["only members of the group's own list", at(), groups({ allowFrom: ["2"] }), false, "groups.g.allowFrom"],
    ["without a mention", { chat: group() }, {}, false, "requireMention"],
    ["a reply to the assistant", { chat: group(), replyTo: { messageId: "a", ours: true } }, {}, true, ""],
    ["a reply to another", { chat: group(), replyTo: { messageId: "a" } }, {}, false, "requireMention"],
    ["a slash command", { chat: group(), command: true }, {}, true, ""],
    ["a mention by pattern", { chat: group(), text: "hey claw" }, {}, true, ""],
    ["a group that needs no mention", { chat: group() }, groups({ requireMention: false }), true, ""],
    [
      "a group that needs one though others do not",
      { chat: group() },
      { ...groups({ requireMention: true }), requireMention: false },
      false,
      "groups.g.requireMention",
    ],
    [
      "a bot in a group that has bots",
      { ...at(), sender: { id: "1", bot: true } },
      groups({ allowBots: true }),
      true,
      "",
    ],
    [
      "a bot in a group without",
      { ...at(), sender: { id: "1", bot: true } },
      { ...groups({ allowBots: false }), allowBots: true },
      false,
      "allowBots",
    ],
    [
      "the owner, whatever the lists of senders",
      { ...at(), ...them },
      { ...groups({ allowFrom: [] }), owners: ["2"] },
      true,
      "",
    ],
    ["the owner in another group", { ...at("h"), ...them }, { owners: ["2"] }, false, "groups"],
    ["a policy nobody knows", at(), { groupPolicy: "all" as never }, false, "groupPolicy"],
    ["a name every object has", at("constructor"), {}, false, "groups"],
  ])("%s", (_, change, policyChange, admitted, rule) => {
    const decision = decide(change, policyChange);
    expect([decision.admitted, decision.rule]).toEqual([admitted, expect.stringContaining(rule)]);
  });

  it("what was not meant for the assistant is told apart from what may not be said to it", () => {
    expect(decide({ chat: group() })).toMatchObject({ kind: "mention" });
    expect(decide({ chat: group(), sender: { id: "2" } })).toMatchObject({ kind: "sender" });
  });
});

describe("refusals", () => {
  it.each<[Partial<InboundMessageEvent>, Partial<AccountPolicy>, string]>([
    [{ sender: { id: "2" } }, {}, `openclaw config set channels.x.allowFrom '["1","2"]'`],
    [{ sender: { id: "$(id)'" } }, {}, `openclaw config set channels.x.allowFrom '["1","$(id)'\\''"]'`],
    [
      { sender: { id: "2" } },
      { allowFrom: Array.from({ length: 11 }, String).map((n) => `9${n}`) },
      `openclaw config set 'channels.x.allowFrom[11]' '"2"'`,
    ],
    [{}, { dmPolicy: "disabled" }, "openclaw config set channels.x.dmPolicy pairing"],
    [{ chat: group("-100.5") }, {}, `openclaw config set 'channels.x.groups["-100.5"].enabled' true`],
    [{ chat: group() }, {}, "openclaw config set channels.x.groups.g.requireMention false"],
    [
      { chat: group(), sender: { id: "2" } },
      {},
      `openclaw config set channels.x.groups.g.allowFrom '["1","2"]'`,
    ],
    [
      { chat: group(), sender: { id: "2" } },
      { groupAllowFrom: [] },
      `openclaw config set channels.x.groupAllowFrom '["2"]'`,
    ],
  ])("name the command that mends them: %j", (change, policyChange, remedy) => {
    expect(decide(change, policyChange)).toMatchObject({ admitted: false, remedy });
  });
});

describe("every kind of event", () => {
  const base = { channel: "x", account: "default", messageId: "e", sentAt: 0, targetId: "m" };
  const kinds = (chat: InboundEvent["chat"], sender: InboundEvent["sender"]): InboundEvent[] => [
    { ...message(), chat, sender, mentioned: true },
    { ...base, kind: "edit", chat, sender, text: "x" },
    { ...base, kind: "delete", chat, sender },
    { ...base, kind: "reaction", chat, sender, emoji: "👍", removed: false },
    { ...base, kind: "action", chat, sender, value: "approve" },
    { ...base, kind: "vote", chat, sender, options: [] },
  ];
  const word = fc.constantFrom("1", "2", "3", "*", "g", "group:friends", "role:r1", "x:2", "");
  const list = fc.option(fc.array(word, { maxLength: 3 }), { nil: null });
  const policies = fc.record({
    dmPolicy: fc.constantFrom("open", "allowlist", "pairing", "disabled", "?" as never),
    groupPolicy: fc.constantFrom("open", "allowlist", "disabled", "?" as never),
    allowFrom: list,
    groupAllowFrom: list,
    requireMention: fc.boolean(),
    allowBots: fc.boolean(),
    selfChat: fc.boolean(),
    owners: fc.array(word, { maxLength: 2 }),
    groups: fc.dictionary(word, fc.record({ enabled: fc.boolean(), allowFrom: fc.array(word) })),
  });
  const paired = fc.record({ allowFrom: fc.array(word), owners: fc.array(word) });
  const chats = fc.record({ kind: fc.constantFrom("direct", "group", "room" as never), id: word });
  const senders = fc.record(
    {
      id: word,
      name: word,
      bot: fc.boolean(),
      self: fc.boolean(),
      roleIds: fc.array(word),
      otherIds: fc.array(word),
    },
    { requiredKeys: ["id"] },
  );

  it("gets the same answer", () => {
    fc.assert(
      fc.property(chats, senders, policies, paired, (chat, sender, change, people) => {
        const answers = kinds(chat, sender).map((event) => admit(event, { ...policy, ...change }, people));
        for (const answer of answers) {
          expect(answer.admitted).toBe(answers[0]?.admitted);
          expect(answer.rule).toBe(answers[0]?.rule);
          // Totality: there is always a rule, and a refusal says what it is about.
          expect(answer.rule).not.toBe("");
          if (!answer.admitted) expect(answer.detail).not.toBe("");
        }
      }),
    );
  });

  it("an unknown kind of event, chat or sender is never admitted", () => {
    const odd = { ...message(), kind: "pin" } as unknown as InboundEvent;
    const everything = { ...policy, dmPolicy: "open", groupPolicy: "open", allowFrom: ["*"] } as const;
    expect(admit(odd, everything, nobody).admitted).toBe(false);
    const chat = { kind: "broadcast", id: "g" } as unknown as InboundEvent["chat"];
    expect(admit(message({ chat }), everything, nobody).admitted).toBe(false);
    const noId = { name: "1" } as unknown as InboundEvent["sender"];
    expect(admit(message({ sender: noId }), everything, nobody).admitted).toBe(false);
  });

  it("nobody whom no list names is admitted while nothing is open, whatever else is said", () => {
    const ids = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(chats, senders, policies, paired, ids, (chat, sender, change, people, id) => {
        const stranger = `stranger-${id}`;
        const lists = [
          change.allowFrom,
          change.groupAllowFrom,
          ...Object.values(change.groups).map((g) => g.allowFrom),
        ];
        fc.pre(!lists.some((each) => each?.includes("*")));
        fc.pre(change.dmPolicy !== "open" && change.groupPolicy !== "open");
        // A group named by its id without a list of speakers is open to its members.
        fc.pre(change.groupAllowFrom !== null || change.allowFrom !== null);
        const who = { name: sender.name ?? "", bot: sender.bot ?? false, id: stranger };
        for (const event of kinds(chat, who))
          expect(admit(event, { ...policy, ...change }, people).admitted).toBe(false);
      }),
    );
  });

  it("nobody is the owner whom neither list of owners names by id", () => {
    fc.assert(
      fc.property(chats, senders, policies, paired, (chat, sender, change, people) => {
        const ids = [sender.id, ...(sender.otherIds ?? [])];
        fc.pre(!ids.some((id) => id !== "*" && (change.owners.includes(id) || people.owners.includes(id))));
        fc.pre(sender.self !== true);
        for (const event of kinds(chat, sender)) {
          const answer = admit(event, { ...policy, ...change }, people);
          if (answer.admitted) expect(answer.owner).toBe(false);
        }
      }),
    );
  });
});
