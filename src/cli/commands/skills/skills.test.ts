import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";

let cli: CliHome;
beforeEach(() => {
  cli = createCliHome();
  cli.configure({ gateway: { mode: "local" }, tools: { exec: { pathPrepend: [join(cli.home, "bin")] } } });
});
afterEach(() => cli.remove());

function skill(name: string, metadata?: object): void {
  const folder = join(cli.stateDir, "workspace", "skills", name);
  mkdirSync(folder, { recursive: true });
  const more = metadata === undefined ? "" : `metadata: ${JSON.stringify({ openclaw: metadata })}\n`;
  writeFileSync(
    join(folder, "SKILL.md"),
    `---\nname: ${name}\ndescription: How to ${name}.\n${more}---\n# ${name}\n`,
  );
}
function program(name: string, script: string): void {
  mkdirSync(join(cli.home, "bin"), { recursive: true });
  writeFileSync(join(cli.home, "bin", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
const config = () => readFileSync(join(cli.stateDir, "openclaw.json"), "utf8");

test("a list, what one lacks and how to get it, and a check for scripts", async () => {
  expect((await cli.run(["skills"])).stdout).toMatch(/^There are no skills\. .*workspace\/skills\.\n$/);
  expect(await cli.run(["skills", "check"])).toMatchObject({
    status: 0,
    stdout: "0 of 0 skills can be used.\n",
  });
  skill("bake");
  skill("sail", {
    primaryEnv: "SAIL_KEY",
    requires: { bins: ["sextant-of-none"], env: ["SAIL_KEY", "SAIL_HOME"] },
    install: [
      { id: "go", kind: "go", module: "example.org/sextant", bins: ["sextant-of-none"] },
      { id: "odd", kind: "go", module: "--help", bins: ["x"] },
    ],
  });
  program("go", "exit 0");
  const list = await cli.run(["skills", "list"], { columns: 160 });
  expect(list.stdout).toMatch(/bake +ready +workspace/);
  expect(list.stdout).toMatch(/sail +lacks something +workspace +sextant-of-none, SAIL_KEY, SAIL_HOME/);
  const info = await cli.run(["skills", "info", "sail"]);
  expect(info.stdout).toContain("SAIL_KEY: openclaw config set skills.entries.sail.apiKey --stdin");
  expect(info.stdout).toContain("SAIL_HOME: openclaw config set skills.entries.sail.env.SAIL_HOME --stdin");
  expect(info.stdout).toContain("go install example.org/sextant@latest");
  expect(info.stdout).toContain('not from here: its module "--help" is not taken');
  expect(info.stdout).toContain("Install it: openclaw skills install sail go");
  expect((await cli.run(["skills", "check"])).status).toBe(1);
  const check = await cli.run(["skills", "check", "--json"]);
  expect(JSON.parse(check.stdout)).toMatchObject({
    ok: false,
    ready: 1,
    skills: 2,
    lacking: [{ name: "sail" }],
  });
  // The commands it names are those that help.
  await cli.run(["config", "set", "skills.entries.sail.apiKey", "--stdin"], { stdin: "k-0123456789\n" });
  await cli.run(["config", "set", "skills.entries.sail.env.SAIL_HOME", "--stdin"], { stdin: "/sea\n" });
  const after = await cli.run(["skills", "info", "sail", "--json"]);
  expect(JSON.parse(after.stdout)).toMatchObject({ given: ["SAIL_KEY", "SAIL_HOME"], missing: { env: [] } });
  expect(after.stdout).not.toContain("k-0123456789");
});

test("a skill is switched off and on, in the configuration", async () => {
  skill("bake", { skillKey: "oven" });
  expect((await cli.run(["skills", "disable", "bake"])).stdout).toBe("bake is off.\n");
  expect(JSON.parse(config())).toMatchObject({ skills: { entries: { oven: { enabled: false } } } });
  const before = config();
  expect((await cli.run(["skills", "disable", "oven"])).stdout).toBe("bake is off already.\n");
  expect(config()).toBe(before);
  expect(JSON.parse((await cli.run(["skills", "enable", "bake", "--json"])).stdout)).toMatchObject({
    enabled: true,
    changed: true,
  });
  expect((await cli.run(["skills"])).stdout).toMatch(/bake +ready/);
});

test("installs what was shown after somebody agreed, and its programs are found", async () => {
  skill("sail", {
    requires: { bins: ["sextant-of-none"] },
    install: [{ id: "go", kind: "go", module: "example.org/sextant", bins: ["sextant-of-none"] }],
  });
  program("go", 'mkdir -p "$GOBIN"; cp /bin/true "$GOBIN/sextant-of-none"');
  const planned = await cli.run(["skills", "install", "sail", "--dry-run"]);
  expect(planned.stdout).toMatch(
    /^Nothing was done\. This would be: go install example\.org\/sextant@latest/,
  );
  const alone = await cli.run(["skills", "install", "sail"]);
  expect(alone).toMatchObject({ status: 2, stdout: "" });
  expect(alone.stderr).toContain("--yes");
  expect(existsSync(join(cli.stateDir, "tools", "bin"))).toBe(false);
  const done = await cli.run(["skills", "install", "sail", "go", "--yes"]);
  expect(done).toMatchObject({ status: 0, stdout: "Installed sextant-of-none\n" });
  expect((await cli.run(["skills", "check"])).status).toBe(0);
  const log = readFileSync(join(cli.stateDir, "tools", "installed.json"), "utf8");
  expect(JSON.parse(log)).toMatchObject({ entries: [{ skill: "sail", by: "cli", ok: true }] });
});

test("says what went wrong, with the words of the program", async () => {
  skill("sail", {
    install: [
      { id: "go", kind: "go", module: "example.org/sextant", bins: ["x"] },
      { id: "file", kind: "download", url: "https://example.org/x", bins: ["x"] },
    ],
  });
  program("go", "echo 'go: no such module' >&2; exit 1");
  const failed = await cli.run(["skills", "install", "sail", "go", "--yes"]);
  expect(failed.status).toBe(1);
  expect(failed.stderr).toContain("go: no such module");
  const refused = await cli.run(["skills", "install", "sail", "file", "--yes"]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain("the skill names no sha256");
  for (const [words, said] of [
    [["skills", "info", "none"], 'there is no skill "none"'],
    [["skills", "install", "sail", "apt"], 'no installer "apt"'],
    [["skills", "list", "--agent", "nobody"], 'there is no agent "nobody"'],
    [["skills", "enable", "__proto__"], "there is no skill"],
  ] as const) {
    const end = await cli.run([...words]);
    expect([end.status, end.stderr]).toEqual([1, expect.stringContaining(said)]);
  }
});
