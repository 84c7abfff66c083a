import { expect, test } from "vitest";
import type { AccountHealth } from "../routing/index.ts";
import { faultOf } from "./reload.ts";

const account = (more: Partial<AccountHealth>): AccountHealth => ({
  part: "channels/webhook/a",
  enabled: true,
  running: true,
  connected: true,
  error: null,
  failure: null,
  ...more,
});
const before = new Set(["channels/webhook/a"]);
const down = { running: false, connected: false, error: "no route" };

test.each<[string, Partial<AccountHealth>, ReadonlySet<string>, boolean, string | null]>([
  ["connected", {}, before, true, null],
  [
    "worked before, does not start",
    down,
    before,
    false,
    "channels/webhook/a worked before and does not run: no route",
  ],
  ["still connecting", { connected: false }, before, false, null],
  [
    "never connected",
    { connected: false },
    before,
    true,
    "channels/webhook/a worked before and is not connected",
  ],
  ["switched off by the change", { ...down, enabled: false }, before, true, null],
  ["was down before too", down, new Set(), true, null],
  [
    "new, with a wrong configuration",
    { ...down, failure: "CHANNEL_CONFIG", error: "secret" },
    new Set(),
    false,
    "channels/webhook/a does not start: secret",
  ],
  ["of a channel nobody knows", { ...down, failure: "CHANNEL_UNKNOWN" }, new Set(), true, null],
])("an account %s", (_name, more, healthy, over, fault) => {
  expect(faultOf(healthy, [account(more)], over)).toBe(fault);
});
