import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { configSchema } from "../config/schema/index.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { resolvePaths } from "../state/index.ts";
import { createSkillParts } from "./skills.ts";

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), "openclaw-skills-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

function parts(config: object, env: Record<string, string> = {}) {
  return createSkillParts({
    paths: resolvePaths({ env: {}, home }),
    env: { HOME: home, ...env },
    config: () => configSchema.parse(config),
    session: () => null,
    fetch: () => Promise.reject(new Error("nothing is fetched here")),
    clock: systemClock,
    logger: silentLogger,
  });
}
function skill(name: string, metadata: object): void {
  const folder = join(home, ".openclaw", "workspace", "skills", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "SKILL.md"),
    `---\ndescription: d\nmetadata: ${JSON.stringify(metadata)}\n---\n`,
  );
}

test("what was shown is what is installed: another plan by now is refused", async () => {
  const bin = join(home, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "go"), '#!/bin/sh\nmkdir -p "$GOBIN"; cp /bin/true "$GOBIN/x"\n', { mode: 0o755 });
  const way = (module: string) => ({ install: [{ id: "go", kind: "go", module, bins: ["x"] }] });
  const skills = parts({ tools: { exec: { pathPrepend: [bin] } } });
  skill("sail", way("example.org/good"));
  const shown = (await skills.status("main")).skills[0]?.install[0]?.plan;
  skill("sail", way("example.org/evil/much-longer"));
  const wish = { agentId: "main", name: "sail", installId: "go", by: "test" };
  await expect(skills.install({ ...wish, plan: shown })).rejects.toMatchObject({
    code: "SKILL_INSTALL_CHANGED",
  });
  const now = (await skills.status("main")).skills[0]?.install[0]?.plan;
  expect(await skills.install({ ...wish, plan: now })).toMatchObject({ ok: true });
  await expect(skills.install({ ...wish, installId: "brew" })).rejects.toMatchObject({
    code: "SKILL_INSTALL_UNKNOWN",
  });
});

test("values of the configuration come as secrets, for skills that are on, and only what they declare", async () => {
  skill("sail", { primaryEnv: "SAIL_KEY", requires: { bins: ["sh"], env: ["SAIL_HOME"] } });
  const entry = { apiKey: "k-0123456789", env: { SAIL_HOME: "/sea", OTHER: "never" } };
  const where = { agentId: "main", sessionKey: "agent:main:main" };
  const on = await parts({ skills: { entries: { sail: entry } } }).variables(where);
  expect(on.map(({ name, value }) => [name, value.reveal()])).toEqual([
    ["SAIL_HOME", "/sea"],
    ["SAIL_KEY", "k-0123456789"],
  ]);
  expect(JSON.stringify(on)).not.toContain("k-0123456789");
  expect(
    await parts({ skills: { entries: { sail: { ...entry, enabled: false } } } }).variables(where),
  ).toEqual([]);
  expect(await parts({}).variables(where)).toEqual([]);
});

test("a variable of the gateway counts only where commands get it", async () => {
  skill("sail", { requires: { env: ["SAIL_HOME"] } });
  const missing = async (config: object) =>
    (await parts(config, { SAIL_HOME: "/sea" }).status("main")).skills[0]?.missing.env;
  expect(await missing({})).toEqual(["SAIL_HOME"]);
  expect(await missing({ tools: { exec: { passEnv: ["SAIL_HOME"] } } })).toEqual([]);
});
