import { expect, test } from "vitest";
import { canonicalKey } from "./keys.ts";

test.each([
  ["main", "agent:main:home"],
  ["agent:Ops:main", "agent:ops:home"],
  ["global", "global"],
  ["agent:main:telegram:direct:5", "agent:main:telegram:dm:5"],
  ["agent:main:telegram:work:direct:5", "agent:main:telegram:work:dm:5"],
  ["agent:main:telegram:group:-100", "agent:main:telegram:group:-100"],
  ["agent:main:telegram:group:-100:topic:7", "agent:main:telegram:group:-100:thread:7"],
  ["agent:main:discord:channel:42", "agent:main:discord:group:42"],
  ["agent:main:slack:channel:C1:thread:17.5", "agent:main:slack:group:C1:thread:17.5"],
  ["agent:main:project:topic:x", "agent:main:project:topic:x"],
  ["project-notes", "agent:main:project-notes"],
])("%s → %s", (old, key) => {
  expect(canonicalKey(old, { agentId: "main", mainKey: "home" })).toBe(key);
});
