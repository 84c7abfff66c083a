import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";

let cli: CliHome;
beforeEach(() => {
  cli = createCliHome();
});
afterEach(() => cli.remove());
const file = () => join(cli.stateDir, "openclaw.json");
const ok = async (argv: string[], options = {}) => {
  const result = await cli.run(argv, options);
  expect(result).toMatchObject({ status: 0 });
  return result.stdout;
};

describe("config get", () => {
  test("an untouched config answers with defaults and creates nothing", async () => {
    expect(await ok(["config", "get", "gateway.port"])).toBe("18789\n");
    expect(await ok(["config", "get", "gateway.auth.mode"])).toBe("token\n");
    expect(await ok(["--dev", "config", "get", "gateway.port"])).toBe("19001\n");
    expect(existsSync(cli.stateDir)).toBe(false);
  });

  test("prints the bare value, and secrets only when asked for by name", async () => {
    cli.configure({ gateway: { auth: { token: "0123456789abcdef" } }, tools: { allow: ["read"] } });
    expect(await ok(["config", "get", "gateway.auth.token"])).toBe("0123456789abcdef\n");
    expect(JSON.parse(await ok(["config", "get", "tools.allow"]))).toEqual(["read"]);
    expect(await ok(["config", "get"])).not.toContain("0123456789abcdef");
    expect(await ok(["config", "get", "--explain", "gateway.auth.token"])).not.toContain("0123456789abcdef");
  });

  test("--explain names the source and what it shadows", async () => {
    cli.configure({ gateway: { port: 4000 } });
    const env = { OPENCLAW_GATEWAY_PORT: "4001" };
    expect(
      (await ok(["config", "get", "--explain", "gateway.port"], { env })).replaceAll(cli.stateDir, "<state>"),
    ).toMatchInlineSnapshot(`
      "Key:              gateway.port
      Value:            4001
      From:             env (OPENCLAW_GATEWAY_PORT)
      Shadows:          4000 from file (<state>/openclaw.json)
      Shadows:          18789 from default (schema)
      "
    `);
    writeFileSync(join(cli.stateDir, ".env"), "OPENCLAW_GATEWAY_PORT=4002\n");
    expect(JSON.parse(await ok(["config", "get", "--explain", "--json", "gateway.port"]))).toMatchObject({
      value: 4002,
      source: ".env",
      shadowed: [
        { source: "file", value: 4000 },
        { source: "default", value: 18789 },
      ],
    });
  });

  test("an unreadable or broken file and an unset key fail", async () => {
    expect(await cli.run(["config", "get", "gateway.auth.token"])).toMatchObject({ status: 1, stdout: "" });
    cli.configure({});
    writeFileSync(file(), "{gateway: ");
    const { status, stderr } = await cli.run(["config", "get", "gateway.port"]);
    expect(status).toBe(1);
    expect(stderr).toContain("Config validation failed");
  });
});

describe("config set and unset", () => {
  test("keep what is there, say what counts", async () => {
    cli.configure({});
    writeFileSync(file(), "// mine\n{\n  gateway: { port: 4000 },\n}\n");
    expect(await ok(["config", "set", "gateway.mode", "local"])).toBe(
      `Set gateway.mode = "local" in ${file()}\n`,
    );
    await ok(["config", "set", "tools.allow", '["read", "write", "exec"]']);
    expect(readFileSync(file(), "utf8")).toContain('// mine\n{\n  gateway: { port: 4000, mode: "local" },');
    expect(await ok(["config", "unset", "gateway.port"])).toContain("Removed gateway.port");
    expect(await ok(["config", "unset", "gateway.port"])).toContain("was not set");
    expect(await ok(["config", "get", "gateway.port"])).toBe("18789\n");
  });

  test("a secret comes through standard input and is not echoed", async () => {
    const stdout = await ok(["config", "set", "gateway.auth.token", "--stdin"], {
      stdin: "123456789012345678\n",
    });
    expect(stdout).not.toContain("123456789012345678");
    expect(await ok(["config", "get", "gateway.auth.token"])).toBe("123456789012345678\n");
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test("a shadowed or unknown key is warned about", async () => {
    const env = { OPENCLAW_GATEWAY_PORT: "1" };
    expect((await cli.run(["config", "set", "gateway.port", "4000"], { env })).stderr).toContain(
      "OPENCLAW_GATEWAY_PORT",
    );
    expect((await cli.run(["config", "set", "gateway.prot", "4000"])).stderr).toContain(
      "did you mean gateway.port?",
    );
  });

  test("bad values exit 1 and bad usage 2; with --json the error is JSON", async () => {
    expect((await cli.run(["config", "set", "gateway.port", "none"])).status).toBe(1);
    expect((await cli.run(["config", "set", "gateway.port"])).status).toBe(2);
    const { status, stdout } = await cli.run(["config", "set", "gateway.bind", "wan", "--json"]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: "CONFIG_INVALID" } });
    expect(existsSync(file())).toBe(false);
  });
});

test("history, diff and revert", async () => {
  await ok(["config", "set", "gateway.port", "4000"]);
  await ok(["config", "set", "gateway.auth.token", "first-secret-value"]);
  await ok(["config", "set", "gateway.port", "4001"]);
  const list = JSON.parse(await ok(["config", "history", "--json"])) as Array<{
    hash: string;
    reason: string;
    current: boolean;
  }>;
  expect(list.map(({ reason, current }) => [reason, current])).toEqual([
    ["config set gateway.port", true],
    ["config set gateway.auth.token", false],
    ["config set gateway.port", false],
  ]);
  expect(await ok(["config", "history"])).toContain("current");
  expect(await ok(["config", "diff"])).toBe("- gateway.port: 4000\n+ gateway.port: 4001\n");
  const oldest = list[2]?.hash.slice(0, 10) ?? "";
  const since = await ok(["config", "diff", oldest]);
  expect(since).toContain('+ gateway.auth.token: "[redacted]"');
  await ok(["config", "revert", oldest]);
  expect(await ok(["config", "get", "gateway.port"])).toBe("4000\n");
  expect((await cli.run(["config", "revert", "ffff"])).status).toBe(1);
});

test("validate: exit status and every kind of finding", async () => {
  expect(await ok(["config", "validate"])).toContain("does not exist");
  cli.configure({ gateway: { token: "x", prot: 1 } });
  const fine = await ok(["config", "validate"]);
  expect(fine).toContain("is valid");
  expect(fine).toContain("did you mean gateway.port?");
  expect(fine).toContain("write gateway.auth.token");
  cli.configure({ gateway: { port: "x" } });
  expect(await cli.run(["config", "validate"])).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("Config validation failed") as string,
  });
  expect(JSON.parse((await cli.run(["config", "validate", "--json"])).stdout)).toMatchObject({
    ok: false,
    valid: false,
  });
});

test("schema and path", async () => {
  expect(JSON.parse(await ok(["config", "schema"]))).toHaveProperty("properties.gateway");
  expect(JSON.parse(await ok(["config", "schema", "--hints"]))).toHaveProperty(["gateway.port", "label"]);
  expect(await ok(["config", "path"])).toBe(`${file()}\n`);
});

describe("config edit", () => {
  const editor = (body: string) => {
    const path = join(cli.home, "editor.sh");
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return { env: { EDITOR: path, PATH: process.env["PATH"] ?? "" } };
  };
  test.skipIf(process.platform === "win32")(
    "saves what validates, and keeps the text that does not",
    async () => {
      cli.configure({ gateway: { port: 4000 } });
      await ok(["config", "edit"], editor('echo "{ gateway: { port: 4001 } } // hi" > "$1"'));
      expect(readFileSync(file(), "utf8")).toBe("{ gateway: { port: 4001 } } // hi\n");
      expect(await ok(["config", "edit"], editor(":"))).toContain("Nothing changed");
      const broken = await cli.run(["config", "edit"], editor('echo "{ gateway: " > "$1"'));
      expect(broken.status).toBe(1);
      expect(broken.stderr).toMatch(/nothing was saved; your text is in .*config-edit-/);
      expect(readFileSync(file(), "utf8")).toContain("4001");
      expect((await cli.run(["config", "edit"], { env: { EDITOR: "/no/such/editor" } })).stderr).toContain(
        "could not be started",
      );
    },
  );
});
