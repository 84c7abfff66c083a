import { expect, it } from "vitest";
import { answerDeniedBy, type SendPolicy } from "./send-policy.ts";

const policy: SendPolicy = {
  default: "allow",
  rules: [
    { action: "allow", match: { keyPrefix: "telegram:group:7" } },
    { action: "deny", match: { channel: "telegram", chatType: "group" } },
    { action: "deny", match: { keyPrefix: "agent:ops:" } },
  ],
};
const group = "agent:main:telegram:group:9";

it.each([
  [{ sessionKey: group, channel: "telegram" }, "session.sendPolicy.rules[1]"],
  [{ sessionKey: group, channel: "slack" }, null],
  [{ sessionKey: "agent:main:telegram:group:7", channel: "telegram" }, null],
  [{ sessionKey: "agent:main:main", channel: "telegram" }, null],
  [{ sessionKey: "agent:ops:main", channel: "telegram" }, "session.sendPolicy.rules[2]"],
  [{ sessionKey: group, channel: "telegram", own: "allow" }, null],
  [{ sessionKey: "agent:main:main", channel: "slack", own: "deny" }, "sendPolicy of session agent:main:main"],
] as const)("%j: %s", (place, expected) => {
  expect(answerDeniedBy(policy, place)).toBe(expected);
});

it("falls back to the default, and allows without a policy", () => {
  const place = { sessionKey: "agent:main:main", channel: "slack" };
  expect(answerDeniedBy({ default: "deny", rules: [] }, place)).toBe("session.sendPolicy.default");
  expect(answerDeniedBy(undefined, place)).toBeNull();
});
