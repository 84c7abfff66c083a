import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../core/logger.ts";
import { parseFrontMatter } from "./front-matter.ts";
import { loadSkillsFromDir } from "./skills.ts";
import { skillsStatus, type SkillHost } from "./skills-status.ts";
import { createWorkspaceReader } from "./workspace-files.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "skills-test-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function skill(place: string, text: string): void {
  mkdirSync(join(dir, place), { recursive: true });
  writeFileSync(join(dir, place, "SKILL.md"), text);
}
const host: SkillHost = {
  platform: "linux",
  path: "/usr/bin:/bin:relative/bin",
  hasEnv: (name) => name === "HOME",
  hasConfig: (path) => path === "browser.enabled",
};
const load = () =>
  loadSkillsFromDir({
    root: dir,
    folder: "skills",
    source: "workspace",
    cache: new Map(),
    logger: silentLogger,
  });

describe("front matter", () => {
  it.each([
    ["---\nname: a\ndescription: b: c # d\n---\nbody", { name: "a", description: "b: c # d" }],
    ["---\r\nname: \"a \\\"b\\\"\"\r\nx: 'it''s'\r\n---\r\n", { name: 'a "b"', x: "it's" }],
    ["---\ndescription: >\n  one\n  two\nk: |\n  a\n  b\n---\n", { description: "one two", k: "a\nb" }],
    ['---\nmetadata:\n  {\n    "a": 1,\n  }\n---\n', { metadata: '{\n    "a": 1,\n  }' }],
    ["---\nname: never closed\n", {}],
    ["no front matter", {}],
    ["", {}],
    ["---\n---", {}],
  ])("%j", (text, expected) => {
    expect(Object.fromEntries(parseFrontMatter(text).values)).toEqual(expected);
  });
});

describe("skills of a folder", () => {
  it("are read from SKILL.md, sorted, one line each", async () => {
    skill(
      "skills/weather",
      "---\nname: weather\ndescription: |\n  Tells the weather.\n  Really.\n---\n# Weather",
    );
    skill("skills/art", "---\ndescription: Draws\n---\n");
    skill("skills/empty", "no description");
    writeFileSync(join(dir, "skills", "README.md"), "not a skill");
    expect((await load()).map(({ name, description }) => [name, description])).toEqual([
      ["art", "Draws"],
      ["weather", "Tells the weather. Really."],
    ]);
  });

  it("do not come from outside the workspace", async () => {
    skill("outside/evil", "---\ndescription: Evil\n---\n");
    mkdirSync(join(dir, "ws", "skills"), { recursive: true });
    symlinkSync(join(dir, "outside", "evil"), join(dir, "ws", "skills", "evil"));
    mkdirSync(join(dir, "ws", "skills", "sly"));
    symlinkSync(join(dir, "outside", "evil", "SKILL.md"), join(dir, "ws", "skills", "sly", "SKILL.md"));
    const options = {
      folder: "skills",
      source: "workspace" as const,
      cache: new Map(),
      logger: silentLogger,
    };
    expect(await loadSkillsFromDir({ root: join(dir, "ws"), ...options })).toEqual([]);
    expect(await loadSkillsFromDir({ root: join(dir, "nowhere"), ...options })).toEqual([]);
  });

  it("say what they need and whether it is there", async () => {
    skill(
      "ws/skills/forge",
      `---\nname: forge\ndescription: Builds\nmetadata: {"openclaw": {emoji: "F", requires: {bins: ["sh", "no-such-binary-x"], env: ["HOME", "NOPE"], config: ["browser.enabled"]}, install: [{kind: "brew", bins: ["x"]}]}}\n---\n`,
    );
    skill("ws/skills/mac", `---\ndescription: Mac\nmetadata: {"openclaw": {"os": ["darwin"]}}\n---\n`);
    skill("ws/skills/off", "---\ndescription: Off\n---\n");
    skill("managed/forge", "---\nname: forge\ndescription: Hidden by the workspace\n---\n");
    skill("managed/plain", "---\ndescription: Plain\n---\n");
    const report = await skillsStatus({
      settings: {
        workspaceDir: join(dir, "ws"),
        managedSkillsDir: join(dir, "managed"),
        skills: { disabled: ["off"], allow: null },
      },
      host,
      cache: new Map(),
      logger: silentLogger,
    });
    expect(report.skills.map(({ name, source, eligible }) => [name, source, eligible])).toEqual([
      ["forge", "workspace", false],
      ["mac", "workspace", false],
      ["off", "workspace", false],
      ["plain", "managed", true],
    ]);
    expect(report.skills[0]).toMatchObject({
      emoji: "F",
      missing: { bins: ["no-such-binary-x"], anyBins: [], env: ["NOPE"], config: [], os: [] },
      configChecks: [{ path: "browser.enabled", satisfied: true }],
      install: [{ id: "brew-0", kind: "brew", label: "Install (brew)", bins: ["x"] }],
      disabled: false,
    });
    expect(report.skills[2]).toMatchObject({ disabled: true });
  });
});

describe("what a skill is given and offered", () => {
  it("counts a variable as there when its entry gives it, and shows what an installer would do", async () => {
    skill(
      "ws/skills/notes",
      `---\ndescription: Notes\nmetadata: {"openclaw": {skillKey: "n", primaryEnv: "NOTES_KEY", requires: {env: ["NOTES_KEY", "REGION"]}, install: [{id: "npm", kind: "node", package: "notes@1.0.0", bins: ["notes"]}, {kind: "node", package: "--evil", bins: ["x"]}]}}\n---\n`,
    );
    const report = (given: Record<string, { apiKey: boolean; env: string[] }>) =>
      skillsStatus({
        settings: {
          workspaceDir: join(dir, "ws"),
          managedSkillsDir: null,
          skills: { disabled: [], allow: null, given },
        },
        host: {
          ...host,
          toolbox: { dir: join(dir, "tools"), platform: "linux", folders: [join(dir, "bin")], node: "/node" },
        },
        cache: new Map(),
        logger: silentLogger,
      });
    mkdirSync(join(dir, "bin"));
    writeFileSync(join(dir, "bin", "npm"), "", { mode: 0o755 });
    expect((await report({})).skills[0]).toMatchObject({
      eligible: false,
      given: [],
      install: [
        {
          id: "npm",
          command: expect.stringMatching(/^npm install --ignore-scripts notes@1\.0\.0 /) as string,
        },
        { id: "node-1", refused: 'its package "--evil" is not taken' },
      ],
    });
    expect((await report({ n: { apiKey: true, env: ["OTHER"] } })).skills[0]).toMatchObject({
      given: ["NOTES_KEY"],
      missing: { env: ["REGION"] },
    });
    expect((await report({ n: { apiKey: true, env: ["REGION"] } })).skills[0]).toMatchObject({
      eligible: true,
    });
  });
});

describe("workspace files in the prompt", () => {
  const reader = createWorkspaceReader(silentLogger);
  const all = { private: true, heartbeat: false, maxChars: 1000 };

  it("come in their order, without the private ones for a room", async () => {
    for (const name of ["MEMORY.md", "SOUL.md", "AGENTS.md", "HEARTBEAT.md", "notes.md"])
      writeFileSync(join(dir, name), name);
    const names = async (options: typeof all) => (await reader.load(dir, options)).map((file) => file.name);
    expect(await names(all)).toEqual(["AGENTS.md", "SOUL.md", "MEMORY.md"]);
    expect(await names({ ...all, private: false })).toEqual(["AGENTS.md", "SOUL.md"]);
    expect(await names({ ...all, heartbeat: true })).toContain("HEARTBEAT.md");
  });

  it("are cut in the middle with a notice when they are long", async () => {
    writeFileSync(join(dir, "MEMORY.md"), `HEAD${"m".repeat(50_000)}TAIL`);
    const [file] = await reader.load(dir, all);
    expect(file?.text.length).toBeLessThan(1200);
    expect(file?.text).toMatch(/^HEAD/);
    expect(file?.text).toContain("characters of MEMORY.md left out here");
  });

  it("do not come from outside, and a missing workspace is no error", async () => {
    writeFileSync(join(dir, "secret"), "secret");
    mkdirSync(join(dir, "ws"));
    symlinkSync(join(dir, "secret"), join(dir, "ws", "AGENTS.md"));
    expect(await reader.load(join(dir, "ws"), all)).toEqual([]);
    expect(await reader.load(join(dir, "nowhere"), all)).toEqual([]);
  });
});
