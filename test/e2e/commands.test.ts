// Every command of the registry: help with an example, and nothing but JSON on standard output when asked for it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allDefinitions } from "../../src/cli/registry.ts";
import type { CommandDefinition } from "../../src/cli/contract.ts";
import { freePort } from "../torture/gateway-process.ts";
import { baseConfig, createHome, type CliOutcome, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { inPairs } from "../support/in-pairs.ts";
import { createCliHome } from "../support/run-cli.ts";

const definitions = (await allDefinitions()).filter((each) => each.hidden !== true);
const takesJson = (each: CommandDefinition) =>
  each.options?.some(({ flags }) => /--json\b/.test(flags)) === true;
const nameOf = (each: CommandDefinition) => each.path.join(" ");

/** Words that make a command do something with what is there; commands without an entry need none. */
const words: Record<string, string[]> = {
  agent: ["--message", "Reply with: json"],
  "approvals approve": ["exec-none"],
  "approvals deny": ["exec-none"],
  "config get": ["gateway.port"],
  "config set": ["logging.level", "info"],
  "config unset": ["logging.level"],
  "cron add": ["--name", "e2e", "--every", "1h", "--system-event", "tick"],
  "cron disable": ["no-such-job"],
  "cron enable": ["no-such-job"],
  "cron rm": ["no-such-job"],
  "cron run": ["no-such-job"],
  "cron runs": ["no-such-job"],
  "devices approve": ["no-such-request"],
  "devices reject": ["no-such-request"],
  "devices revoke": ["no-such-device", "--role", "operator"],
  "devices rotate": ["no-such-device", "--role", "operator"],
  "gateway call": ["health"],
  logs: ["--limit", "3"],
  "message send": ["--target", "x", "--message", "y", "--channel", "none"],
  "models auth add": ["--provider", "acme"],
  "models auth login": ["--provider", "none-such"],
  "models auth paste-token": ["--provider", "acme"],
  "models auth remove": ["--provider", "none-such"],
  "models auth setup-token": ["--provider", "acme"],
  "models set": ["builtin/offline"],
  "nodes describe": ["no-such-node"],
  "sessions delete": ["no-such-session", "--yes"],
  "sessions reset": ["no-such-session"],
  "sessions show": ["main"],
  "system event": ["--text", "hello"],
  why: ["nothing-like-it"],
};
/** These never end by themselves or change what other commands here need. */
const apart = new Set([
  "gateway",
  "config edit",
  "config revert",
  "backup restore",
  "doctor apply",
  "doctor undo",
  "gateway install",
  "gateway restart",
  "gateway sentinel",
  "gateway start",
  "gateway stop",
  "gateway uninstall",
  "migrate apply",
  "migrate undo",
  "update",
  "update rollback",
]);

let home: E2eHome;
let gateway: Gateway;
let nobody: E2eHome;
beforeAll(async () => {
  home = createHome({ config: baseConfig });
  gateway = await home.gateway();
  nobody = createHome({
    config: { ...baseConfig, gateway: { ...baseConfig.gateway, port: await freePort() } },
  });
});
afterAll(async () => {
  expect((await gateway.stop()).status).toBe(0);
  await home[Symbol.asyncDispose]();
  await nobody[Symbol.asyncDispose]();
});

/** They print one document per line, and nothing where there is nothing to print. */
const perLine = new Set(["logs", "channels logs"]);

function jsonOf({ stdout, status }: CliOutcome, what: string): unknown {
  if (perLine.has(what) && status === 0 && stdout === "") return [];
  expect(stdout.trim(), `${what} (status ${status}) printed nothing`).not.toBe("");
  try {
    return JSON.parse(stdout);
  } catch {
    const lines = stdout.trim().split("\n");
    try {
      return lines.map((line) => JSON.parse(line) as unknown);
    } catch {
      throw new Error(`${what} printed something else than JSON:\n${stdout.slice(0, 500)}`);
    }
  }
}

describe("help", () => {
  test("every command answers --help with exit 0, usage and an example of its own", async () => {
    const inProcess = createCliHome();
    const groups = new Set<string | undefined>();
    try {
      await inPairs(definitions, async (definition) => {
        const name = nameOf(definition);
        const argv = [...definition.path, "--help"];
        const answers = [await inProcess.run(argv)];
        // The built program needs to be asked once for each group.
        if (!groups.has(definition.path[0])) {
          groups.add(definition.path[0]);
          const { status, stdout, stderr } = await home.cli(argv);
          answers.push({ status: Number(status), stdout, stderr });
        }
        for (const { status, stdout, stderr } of answers) {
          expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: "" });
          expect(stdout).toContain(`openclaw ${name}`);
          expect(definition.examples.length, name).toBeGreaterThan(0);
          for (const { line } of definition.examples) {
            expect(line, name).toMatch(/openclaw /);
            expect(stdout.replaceAll(/\s+/g, " ")).toContain(line.replaceAll(/\s+/g, " "));
          }
        }
      });
    } finally {
      inProcess.remove();
    }
  }, 60_000);

  test("every option in an example exists", () => {
    for (const definition of definitions) {
      const known = new Set(
        (definition.options ?? [])
          .flatMap<string>(({ flags }) => flags.match(/--[a-z-]+/g) ?? [])
          .concat(["--profile", "--dev", "--url", "--verbose", "--no-color", "--help", "--version"]),
      );
      for (const { line } of definition.examples) {
        const own = line.split(/[|#;]|&&/)[0] ?? "";
        for (const flag of own.match(/(?<=\s)--[a-z-]+/g) ?? [])
          expect(
            known.has(flag) || known.has(flag.replace("--", "--no-")),
            `${nameOf(definition)}: ${line}`,
          ).toBe(true);
      }
    }
  });

  test("words that are no command name the nearest; help goes to stdout, mistakes to stderr with exit 2", async () => {
    const typo = await home.cli(["gatway", "status"]);
    expect(typo).toMatchObject({ status: 2, stdout: "" });
    expect(typo.stderr).toMatch(/gateway/);
    expect((await home.cli(["config", "gett", "x"])).stderr).toMatch(/config get/);
    expect((await home.cli(["health", "--jsn"])).stderr).toMatch(/--json/);
    expect(await home.cli([])).toMatchObject({ status: 0, stderr: "" });
    expect((await home.cli(["--version"])).stdout).toMatch(/^[\d.]+\n$/);
  });
});

describe("--json", () => {
  const jsonCommands = definitions.filter((each) => takesJson(each) && !apart.has(nameOf(each)));

  test("prints only JSON with a gateway; failures are JSON too and have exit 1", async () => {
    await home.cli(["agent", "--message", "Reply with: first"]);
    await inPairs(jsonCommands, async (definition) => {
      const name = nameOf(definition);
      const ran = await home.cli([...definition.path, ...(words[name] ?? []), "--json"], {
        stdin: "sk-e2e-0123456789\n",
      });
      const value = jsonOf(ran, name);
      const { ok, error } = (value ?? {}) as { ok?: boolean; error?: { code: string } };
      // A report that found something wrong (connect-test, doctor) is no error, and yet exits with 1.
      const wanted = error?.code === "USAGE" ? [2] : error || ok === false ? [1] : [0];
      expect(wanted, `${name}: ${ran.stdout.slice(0, 300)}`).toContain(ran.status);
      expect(JSON.stringify(value), name).not.toContain("INTERNAL");
      expect(ran.stderr, name).not.toMatch(/^\s+at |ExperimentalWarning|bug in openclaw/m);
    });
  }, 60_000);

  test("prints only JSON without a gateway, with the code and the remedy", async () => {
    await inPairs(jsonCommands, async (definition) => {
      const name = nameOf(definition);
      const ran = await nobody.cli([...definition.path, ...(words[name] ?? []), "--json"], {
        stdin: "sk-e2e-0123456789\n",
      });
      const value = jsonOf(ran, name) as {
        ok?: boolean;
        error?: { code: string; message: string; hint?: string };
      };
      if (value.ok === false && value.error) {
        expect(ran.status, name).toBeGreaterThan(0);
        expect(value.error.code, name).toMatch(/^[A-Z][A-Z_]+$/);
        expect(value.error.code, name).not.toBe("INTERNAL");
        if (value.error.code === "GATEWAY_UNREACHABLE")
          expect(value.error.hint, name).toMatch(/openclaw gateway/);
      }
      expect(ran.stderr, name).not.toMatch(/^\s+at |ExperimentalWarning|bug in openclaw/m);
    });
  }, 60_000);

  test("usage mistakes are JSON with exit 2", async () => {
    for (const argv of [
      ["health", "--json", "--nonsense"],
      ["config", "set", "--json"],
      ["nonsense", "--json"],
    ]) {
      const ran = await nobody.cli(argv);
      expect(ran.status, argv.join(" ")).toBe(2);
      expect(jsonOf(ran, argv.join(" "))).toMatchObject({
        ok: false,
        error: { message: expect.any(String) as string },
      });
    }
  });

  test("what the scripts of the documents read with jq is there", async () => {
    const health = JSON.parse((await home.cli(["health", "--json"])).stdout) as Record<string, unknown>;
    expect(health).toMatchObject({
      ok: true,
      gateway: { port: gateway.port, bind: "loopback", auth: "token" },
    });
    expect(health).toHaveProperty("version");
    expect(health).toHaveProperty("uptime");
    expect(health).toHaveProperty("models.primary");
    const status = JSON.parse((await home.cli(["gateway", "status", "--json"])).stdout) as Record<
      string,
      unknown
    >;
    expect(status).toMatchObject({ runtime: "running", probe: "ok" });
    const down = await nobody.cli(["gateway", "status", "--json"]);
    expect(JSON.parse(down.stdout)).toMatchObject({
      runtime: expect.not.stringMatching(/^running$/) as string,
    });
    expect((await home.cli(["gateway", "probe"])).stdout).toMatch(
      /^Gateway probe: ok \(\d+ms\)\nWS URL: ws:\/\/127\.0\.0\.1:\d+\nAuth: token \(configured\)\n$/,
    );
    expect((await nobody.cli(["gateway", "probe"])).status).not.toBe(0);
  });
});

test("secrets stay out of every output but the two that are asked for them", async () => {
  const token = baseConfig.gateway.auth.token;
  for (const argv of [
    ["status", "--all"],
    ["status", "--json"],
    ["config", "get", "gateway", "--json"],
    ["logs"],
    ["gateway", "status"],
    ["config", "diff"],
    ["config", "history", "--json"],
  ])
    expect((await home.cli(argv)).stdout, argv.join(" ")).not.toContain(token.slice(0, 12));
  expect((await home.cli(["config", "get", "gateway.auth.token"])).stdout).toBe(`${token}\n`);
  expect((await home.cli(["dashboard"])).stdout).toContain(`/?token=${token}`);
  for (const line of home.log()) expect(JSON.stringify(line)).not.toContain(token);
});

test("the smoke script of the documents passes, its files are where it looks", async () => {
  const { spawn } = await import("node:child_process");
  const { program } = await import("../support/e2e-home.ts");
  const script = new URL("../../scripts/smoke.sh", import.meta.url).pathname;
  const child = spawn("bash", [script], {
    env: {
      ...home.env,
      PATH: `${join(process.execPath, "..")}:${home.env["PATH"]}`,
      OPENCLAW: `node ${program}`,
    },
  });
  let output = "";
  child.stdout.on("data", (part: Buffer) => (output += part.toString()));
  child.stderr.on("data", (part: Buffer) => (output += part.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect({ code, output }).toMatchObject({
    code: 0,
    output: expect.stringContaining("All checks passed") as string,
  });
  expect(output).not.toContain("WARNING");
  const transcript = join(home.stateDir, "agents/default/sessions/main.jsonl");
  expect(readFileSync(transcript, "utf8").trim().split("\n").at(-1)).toContain("deployment test passed");
}, 30_000);
