import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InboundEnvelope } from "../channels/contract.ts";
import { admit, type AccountPolicy } from "./admit.ts";

const policy: AccountPolicy = {
  dmPolicy: "allowlist",
  allowFrom: ["1"],
  groupPolicy: "allowlist",
  groups: ["g"],
  requireMention: true,
};
const envelope = (change: Partial<InboundEnvelope>): InboundEnvelope => ({
  kind: "message",
  channel: "webhook",
  account: "default",
  messageId: "m",
  chat: { kind: "direct", id: "1" },
  sender: { id: "1", name: "Bob" },
  text: "hi",
  mentioned: false,
  sentAt: 0,
  ...change,
});
const group = (id: string) => ({ kind: "group" as const, id });

describe("admit", () => {
  it.each<[string, Partial<InboundEnvelope>, Partial<AccountPolicy>, boolean, string]>([
    ["a listed sender", {}, {}, true, "allowFrom"],
    ["a stranger", { sender: { id: "2" } }, {}, false, "allowFrom"],
    ["a stranger with a listed name", { sender: { id: "2", name: "1" } }, {}, false, "allowFrom"],
    ["anybody when open", { sender: { id: "2" } }, { dmPolicy: "open" }, true, "dmPolicy=open"],
    ["nobody when disabled", {}, { dmPolicy: "disabled" }, false, "dmPolicy"],
    ["a stranger under pairing", { sender: { id: "2" } }, { dmPolicy: "pairing" }, false, "allowFrom"],
    ["nobody by an empty list", {}, { allowFrom: [] }, false, "allowFrom"],
    ["everybody by an explicit wildcard", { sender: { id: "9" } }, { allowFrom: ["*"] }, true, "allowFrom"],
    ["a listed group with a mention", { chat: group("g"), mentioned: true }, {}, true, "groupPolicy"],
    ["a listed group without a mention", { chat: group("g") }, {}, false, "requireMention"],
    ["another group", { chat: group("h"), mentioned: true }, {}, false, "groups"],
    ["a group id that only a sender list names", { chat: group("1"), mentioned: true }, {}, false, "groups"],
    [
      "groups when disabled",
      { chat: group("g"), mentioned: true },
      { groupPolicy: "disabled" },
      false,
      "groupPolicy",
    ],
  ])("%s", (_, change, policyChange, admitted, rule) => {
    const decision = admit(envelope(change), { ...policy, ...policyChange });
    expect(decision.admitted).toBe(admitted);
    expect(decision.rule).toContain(rule);
  });

  it("denies a kind of chat it does not know", () => {
    const odd = { kind: "broadcast", id: "g" } as unknown as InboundEnvelope["chat"];
    expect(
      admit(envelope({ chat: odd }), { ...policy, dmPolicy: "open", groupPolicy: "open" }).admitted,
    ).toBe(false);
  });

  it("never admits a direct sender that no list names, whatever else is said", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), fc.string(), (id, allowFrom, name) => {
        fc.pre(!allowFrom.includes(id) && !allowFrom.includes("*"));
        return !admit(envelope({ sender: { id, name }, mentioned: true }), { ...policy, allowFrom }).admitted;
      }),
    );
  });
});
