import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { manualClock } from "../../test/support/manual-clock.ts";
import { configSchema } from "../config/schema/index.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { prepareStateDir, resolvePaths } from "../state/index.ts";
import { lastCheck, rememberCheck } from "../update/index.ts";
import { startUpdateCheck } from "./update-check.ts";
import { createUpdateDesk, systemdRun } from "./update-desk.ts";

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), "openclaw-update-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));
const paths = () => resolvePaths({ env: {}, home });

/** A program in the place of the launcher, which says this. */
function desk(report: object | null, env: Record<string, string> = {}) {
  prepareStateDir(paths());
  mkdirSync(join(home, "slots", "bin"), { recursive: true });
  const write = `require("node:fs").mkdirSync(require("node:path").dirname(path), { recursive: true }); require("node:fs").writeFileSync(path, ${JSON.stringify(JSON.stringify(report))});`;
  writeFileSync(
    join(home, "slots", "bin", "openclaw.js"),
    `require("node:fs").writeFileSync(${JSON.stringify(join(home, "seen.json"))}, JSON.stringify({ words: process.argv.slice(2), env: process.env }));
const path = process.argv[process.argv.indexOf("--report") + 1];
${report === null ? "" : write}`,
  );
  return createUpdateDesk({
    installation: { kind: "slots", root: join(home, "slots"), byHand: "openclaw update" },
    version: "2026.11.21",
    paths: paths(),
    env: { HOME: home, MODEL_API_KEY: "k", SHELL_THING: "no", OPENCLAW_SERVICE_KIND: "other", ...env },
    clock: systemClock,
    logger: silentLogger,
  });
}
const steps = [{ name: "fetching 2026.12.1", at: 1 }];
const report = (more: object) => ({
  steps,
  from: "2026.11.21",
  to: "2026.12.1",
  switching: null,
  end: null,
  ...more,
});

describe("update.run", () => {
  test.each([
    ["checkout", "git -C /x pull"],
    ["npm", "npm i -g openclaw@latest"],
  ] as const)("a %s is left alone, with the command that updates it", async (kind, byHand) => {
    const update = createUpdateDesk({
      installation: { kind, root: "/x", byHand },
      version: "2026.11.21",
      paths: paths(),
      env: {},
      clock: systemClock,
      logger: silentLogger,
    });
    expect(await update.run({ by: "test" })).toMatchObject({
      ok: true,
      result: { status: "skipped", mode: kind, reason: expect.stringContaining(byHand) as string, steps: [] },
      restart: null,
      sentinel: null,
    });
  });
  test.each<[string, object | null, object]>([
    [
      "is the newest",
      report({ end: { result: "current", reason: null } }),
      { ok: true, result: { status: "skipped", reason: "2026.11.21 is the newest already" } },
    ],
    [
      "failed",
      report({ end: { result: "failed", reason: "no registry" } }),
      {
        ok: false,
        result: { status: "error", reason: "no registry", steps: [{ name: "fetching 2026.12.1" }] },
      },
    ],
    [
      "was installed, and nobody restarts",
      report({ end: { result: "updated", reason: "start it again" } }),
      {
        ok: true,
        result: { status: "ok", after: { version: "2026.12.1" }, reason: "start it again" },
        restart: null,
      },
    ],
    [
      "ended without a word",
      null,
      { ok: false, result: { status: "error", reason: "it did not start: openclaw update" } },
    ],
  ])("%s", async (_, said, expected) => {
    expect(await desk(said).run({ by: "test" })).toMatchObject(expected);
    expect(existsSync(join(paths().stateDir, "restart-sentinel.json"))).toBe(false);
  });
  test("before a restart the answer goes out, and a note for the next life is left", async () => {
    const update = desk(report({ switching: { restarts: "openclaw-gateway.service" } }), {
      OPENCLAW_UPDATE_RESTART: "signal",
    });
    const answer = await update.run({
      by: "test",
      sessionKey: "main",
      note: "because",
      restartDelayMs: 90_000,
    });
    expect(answer).toMatchObject({
      result: { status: "ok", after: { version: "2026.12.1" } },
      restart: { delayMs: 60_000, mode: "openclaw-gateway.service" },
    });
    const path = join(paths().stateDir, "restart-sentinel.json");
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
      kind: "update",
      sessionKey: "main",
      message: "because",
    });
    const { words, env } = JSON.parse(readFileSync(join(home, "seen.json"), "utf8")) as {
      words: string[];
      env: Record<string, string>;
    };
    expect(words).toEqual(
      expect.arrayContaining(["update", "--yes", "--switch-delay", "60000", "--restart", "signal"]),
    );
    expect(words.join(" ")).not.toMatch(/--tag|--channel|--downgrade/);
    expect(env).toMatchObject({ OPENCLAW_STATE_DIR: paths().stateDir, MODEL_API_KEY: "k" });
    expect([env["SHELL_THING"], env["OPENCLAW_SERVICE_KIND"]]).toEqual([undefined, undefined]);
  });
  test("beside a service of systemd nothing of the environment stands in the arguments", () => {
    const args = systemdRun("user", {
      file: "/node",
      args: ["x.js", "update"],
      cwd: "/s",
      env: { A_KEY: "secret" },
    });
    expect(args).toEqual([
      "--user",
      "--quiet",
      "--collect",
      "--wait",
      "--service-type=exec",
      "--working-directory=/s",
      "--setenv=A_KEY",
      "--",
      "/node",
      "x.js",
      "update",
    ]);
  });
});

describe("update.checkOnStart", () => {
  const start = (more: {
    kind?: "npm" | "checkout";
    update?: { checkOnStart?: boolean; channel?: string };
  }) => {
    prepareStateDir(paths());
    const clock = manualClock(Date.UTC(2026, 10, 21));
    const asked: string[] = [];
    const check = startUpdateCheck({
      installation: { kind: more.kind ?? "npm", root: "/x", byHand: "npm i -g openclaw@latest" },
      version: "2026.11.21",
      config: () => (
        asked.push("config"),
        configSchema.parse({ update: { checkOnStart: true, ...more.update } })
      ),
      paths: paths(),
      // An address that is refused before anybody is asked: what is looked at is whether it comes so far.
      env: { OPENCLAW_UPDATE_REGISTRY: "http://elsewhere.invalid" },
      clock,
      logger: { ...silentLogger, debug: (message) => void asked.push(message) },
    });
    return { clock, asked, check };
  };
  const wants = "the newest version could not be asked for";
  test("a minute after the start, once a day, and not from a checkout or when it is off, as it is by itself", () => {
    const first = start({});
    first.clock.advance(59_000);
    expect(first.asked).toEqual([]);
    first.clock.advance(1000);
    expect(first.asked).toContain(wants);
    for (const more of [{ kind: "checkout" as const }, { update: { checkOnStart: false } }]) {
      const other = start(more);
      other.clock.advance(120_000);
      expect(other.asked).not.toContain(wants);
    }
    expect(configSchema.parse({}).update.checkOnStart).toBe(false);
    const { clock } = start({});
    rememberCheck(paths().stateDir, {
      latest: "2026.11.21",
      channel: "latest",
      at: clock.now() - 23 * 3_600_000,
    });
    const again = start({});
    again.clock.advance(60_000);
    expect(again.asked).not.toContain(wants);
    const beta = start({ update: { channel: "beta" } });
    beta.clock.advance(60_000);
    expect(beta.asked).toContain(wants);
    expect(lastCheck(paths().stateDir)).toMatchObject({ channel: "latest" });
    const stopped = start({ update: { channel: "beta" } });
    stopped.check.stop();
    stopped.clock.advance(60_000);
    expect(stopped.asked).toEqual([]);
  });
});
