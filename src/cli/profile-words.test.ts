import { expect, it } from "vitest";
import { commandsOfProfile } from "./profile-words.ts";

it.each([
  ["openclaw gateway install --force", "openclaw --profile work gateway install --force"],
  [
    "start it with `openclaw gateway`, or see `openclaw gateway status`",
    "start it with `openclaw --profile work gateway`, or see `openclaw --profile work gateway status`",
  ],
  [
    "openclaw config set a b; openclaw gateway",
    "openclaw --profile work config set a b; openclaw --profile work gateway",
  ],
  ["see `openclaw gateway --help`", "see `openclaw gateway --help`"],
  ["openclaw --profile work status", "openclaw --profile work status"],
  ["on the gateway's machine: `openclaw devices list`", "on the gateway's machine: `openclaw devices list`"],
  ["npm i -g openclaw now, /usr/bin/openclaw status", "npm i -g openclaw now, /usr/bin/openclaw status"],
])("%s", (text, expected) => {
  expect(commandsOfProfile(text, "work")).toBe(expected);
  expect(commandsOfProfile(text, "default")).toBe(text);
  expect(commandsOfProfile(text, undefined)).toBe(text);
});

it("says --dev for the profile of that flag", () => {
  expect(commandsOfProfile("openclaw gateway", "dev")).toBe("openclaw --dev gateway");
});
