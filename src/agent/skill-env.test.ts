import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../core/secret.ts";
import {
  declaredVariables,
  isVariableName,
  skillVariables,
  variablesFor,
  type SkillVariable,
} from "./skill-env.ts";
import type { SkillStatus } from "./skills-status.ts";

const none = { bins: [], anyBins: [], env: [], config: [], os: [] };
const skill = (name: string, more: Partial<SkillStatus>): SkillStatus => ({
  name,
  description: name,
  source: "workspace",
  bundled: false,
  filePath: `/w/skills/${name}/SKILL.md`,
  baseDir: `/w/skills/${name}`,
  skillKey: name,
  always: false,
  disabled: false,
  blockedByAllowlist: false,
  eligible: true,
  requirements: none,
  missing: none,
  configChecks: [],
  install: [],
  given: [],
  ...more,
});
const variable = (name: string, more: Partial<SkillVariable> = {}): SkillVariable => ({
  name,
  value: new Secret(`value of ${name}`),
  skill: "one",
  programs: ["notes"],
  baseDir: "/w/skills/one",
  ...more,
});
const given = (text: string, variables: SkillVariable[], argvs: string[][] | null = null) =>
  variablesFor({ text, argvs, cwd: "/w" }, variables).map(({ name, skill: key, because }) => [
    name,
    key,
    because,
  ]);

describe("what a skill may be given", () => {
  it("is what it declares, never what decides which code runs", () => {
    const env = ["API_KEY", "PATH", "LD_PRELOAD", "NODE_OPTIONS", "a-b", "BASH_ENV", "constructor"];
    expect(declaredVariables({ primaryEnv: "TOKEN", requirements: { env } })).toEqual([
      "API_KEY",
      "constructor",
      "TOKEN",
    ]);
    fc.assert(fc.property(fc.string(), (name) => !isVariableName(name) || /^[A-Za-z_]\w*$/.test(name)));
  });
  it("comes from its own entry: the key goes to the variable it names, the rest by name", () => {
    const requirements = { ...none, bins: ["curl"], env: ["KEY", "REGION"] };
    const skills = [
      skill("a", { primaryEnv: "KEY", requirements }),
      skill("b", { requirements }),
      skill("off", { eligible: false, requirements }),
    ];
    const entry = { apiKey: new Secret("k"), env: { REGION: new Secret("eu"), OTHER: new Secret("never") } };
    const found = skillVariables(skills, { a: entry, b: entry, off: entry });
    expect(found.map(({ skill: key, name, value }) => [key, name, value.reveal()])).toEqual([
      ["a", "KEY", "k"],
      ["a", "REGION", "eu"],
      ["b", "REGION", "eu"],
    ]);
  });
});

describe("which commands get it", () => {
  const own = [variable("NOTES_KEY")];
  it.each<[string, string[][] | null, string | null]>([
    ["notes list", [["notes", "list"]], "program"],
    ["ls | notes add", [["ls"], ["notes", "add"]], "program"],
    ["notes list > out.txt", null, "program"],
    ["ls", [["ls"]], null],
    ["echo notes", [["echo", "notes"]], null],
    ["sh skills/one/run.sh", [["sh", "skills/one/run.sh"]], "folder"],
    ["sh /w/skills/one/run.sh $X", null, "folder"],
    ["sh skills/oneself/run.sh", [["sh", "skills/oneself/run.sh"]], null],
    ["sh skills/one/../../evil.sh", [["sh", "skills/one/../../evil.sh"]], null],
    ['curl -H "Authorization: $NOTES_KEY" https://x', null, "name"],
    ['curl -H "Authorization: ${NOTES_KEY}" https://x', null, "name"],
    ["echo $MY_NOTES_KEY $NOTES_KEYS", null, null],
  ])("%s", (text, argvs, because) => {
    expect(given(text, own, argvs)).toEqual(because === null ? [] : [["NOTES_KEY", "one", because]]);
  });
  it("where two skills give the same name, the stronger reason counts, then the name of the skill", () => {
    const other = variable("NOTES_KEY", { skill: "zwei", programs: ["zwei"], baseDir: "/w/skills/zwei" });
    expect(given("zwei $NOTES_KEY", [...own, other])).toEqual([["NOTES_KEY", "zwei", "program"]]);
    expect(given("echo $NOTES_KEY", [other, ...own])).toEqual([["NOTES_KEY", "one", "name"]]);
  });
  it("takes any text", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.array(fc.array(fc.string()))), (text, argvs) => {
        for (const [name] of given(text, own, argvs)) expect(name).toBe("NOTES_KEY");
      }),
    );
  });
});
