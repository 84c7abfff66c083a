import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestServices } from "../../../test/support/gateway-services.ts";
import type { Method } from "../contract.ts";
import { createSkillMethods } from "./skills.ts";

let harness: Awaited<ReturnType<typeof createTestServices>>;
let methods: Method[];
const none = { bins: [], anyBins: [], env: [], config: [], os: [] };
const notes = {
  name: "Notes",
  description: "Notes",
  source: "workspace",
  bundled: false,
  filePath: "/w/skills/notes/SKILL.md",
  baseDir: "/w/skills/notes",
  skillKey: "notes",
  primaryEnv: "NOTES_KEY",
  always: false,
  disabled: false,
  blockedByAllowlist: false,
  eligible: true,
  requirements: { ...none, env: ["REGION"] },
  missing: none,
  configChecks: [],
  install: [],
  given: [],
};
const { primaryEnv: _none, ...rest } = notes;
const bare = { ...rest, name: "bare", skillKey: "bare", requirements: none };
beforeEach(async () => {
  harness = await createTestServices({ config: "// mine\n{ gateway: { mode: 'local' } }\n" });
  harness.services.skills.status = () => ({
    workspaceDir: "/w",
    managedSkillsDir: "",
    skills: [notes, bare],
  });
  methods = createSkillMethods(harness.services);
});
afterEach(() => harness.close());

const update = (params: object) => harness.call(methods, "skills.update", params);
const entry = () => harness.services.config.read().config.skills.entries["notes"];
const file = () => readFileSync(harness.services.paths.configPath, "utf8");

describe("skills.update", () => {
  it("writes only what was asked, keeps comments, says who did it, and shows no secret", async () => {
    const answer = await update({
      skillKey: "notes",
      enabled: false,
      apiKey: " s3cret-key ",
      env: { REGION: "eu" },
    });
    expect(answer).toEqual({
      ok: true,
      skillKey: "notes",
      config: {
        enabled: false,
        apiKey: expect.not.stringContaining("s3cret") as string,
        env: { REGION: expect.any(String) as string },
      },
    });
    expect(entry()).toMatchObject({ enabled: false, apiKey: "s3cret-key", env: { REGION: "eu" } });
    expect(file()).toMatch(/^\/\/ mine/);
    expect(harness.services.config.history(1)[0]).toMatchObject({
      author: "rpc:cli",
      reason: "skills.update notes",
    });
    await update({ skillKey: "notes", apiKey: "", env: { REGION: "" } });
    expect(entry()).toEqual({ enabled: false, env: {} });
    const before = file();
    expect(await update({ skillKey: "notes" })).toMatchObject({ ok: true, config: { enabled: false } });
    expect(file()).toBe(before);
  });
  it("takes a key that looks like a reference for what it is", async () => {
    await update({ skillKey: "notes", apiKey: "a${HOME}b" });
    expect(entry()?.apiKey).toBe("a${HOME}b");
  });
  it.each([
    [{ skillKey: "nobody", enabled: true }, /unknown skill "nobody"; there is bare, notes/],
    [{ skillKey: "__proto__", enabled: true }, /unknown skill/],
    [{ skillKey: "bare", apiKey: "k" }, /names no variable for a key/],
    [{ skillKey: "notes", env: { OTHER: "x" } }, /asks for no variable OTHER; it asks for REGION, NOTES_KEY/],
    [{ skillKey: "notes", env: { LD_PRELOAD: "x" } }, /cannot be given to a skill/],
    [{ skillKey: "notes", env: { REGION: "a\0b" } }, /NUL/],
    [{ skillKey: "notes", apiKey: 5 }, /apiKey/],
    [{ skillKey: "notes", more: 1 }, /more/],
  ])("refuses %j and writes nothing", async (params, message) => {
    const before = file();
    await expect(update(params)).rejects.toThrow(message);
    expect(file()).toBe(before);
  });
});

describe("skills.install", () => {
  it("hands on what was asked for and by whom; what to install cannot be said", async () => {
    const asked: unknown[] = [];
    const done = { ok: true, message: "Installed x", stdout: "", stderr: "", code: 0 };
    harness.services.skills.install = (wish) => (asked.push(wish), Promise.resolve(done));
    const wish = { name: "Notes", installId: "npm", timeoutMs: 120_000 };
    expect(await harness.call(methods, "skills.install", wish)).toEqual(done);
    expect(asked).toEqual([{ ...wish, agentId: "main", by: "rpc:cli" }]);
    for (const more of [{ package: "evil" }, { timeoutMs: 1 }, { installId: "" }, { agentId: "nobody" }])
      await expect(harness.call(methods, "skills.install", { ...wish, ...more })).rejects.toThrow();
    expect(asked).toHaveLength(1);
  });
});
