import { afterAll, describe, expect, it } from "vitest";
import { createCliHome } from "../../test/support/run-cli.ts";
import { allDefinitions, groups } from "./registry.ts";
import { parseGlobals } from "./globals.ts";
import { matchCommand } from "./parse-words.ts";
import { parseCommand } from "./parse.ts";

const cli = createCliHome();
afterAll(cli.remove);

describe("help", () => {
  it("is printed for no words, help, -h and --help, with exit status 0", async () => {
    const bare = await cli.run([]);
    expect(bare.status).toBe(0);
    for (const argv of [["--help"], ["-h"], ["help"]]) expect(await cli.run(argv)).toEqual(bare);
    for (const { name } of groups) expect(bare.stdout).toContain(`  ${name}`);
  });

  it("of a command has usage, options and examples", async () => {
    const { stdout, status } = await cli.run(["gateway", "call", "--help"]);
    expect(status).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: openclaw gateway call [options] <method>

      Sends one request to the running gateway and prints the answer as JSON.

      Arguments:
        <method>  name of the method, e.g. sessions.list

      Options:
        --params <json>        parameters as a JSON object
        --json                 only JSON on standard output, errors too
        --expect-final         wait for the second answer of methods that answer twice
        --url <url>            gateway to talk to: ws://… or wss://…
        --token <token>        shared or device token; OPENCLAW_GATEWAY_TOKEN keeps it out of \`ps\`
        --password <password>  password; OPENCLAW_GATEWAY_PASSWORD keeps it out of \`ps\`
        --timeout <ms>         give up after so many milliseconds (default 10000)

      Examples:
        openclaw gateway call health        ask for the health snapshot
        openclaw gateway call sessions.list --params '{"limit": 5}'
                                            with parameters
      "
    `);
    expect((await cli.run(["help", "gateway", "call"])).stdout).toBe(stdout);
  });

  it("of a group lists its commands; the group alone is a usage error", async () => {
    const { stdout, status } = await cli.run(["devices", "--help"]);
    expect(status).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: openclaw devices <command> [options]

      Commands:
        list     Paired devices and pairing requests
        approve  Let a device in
        reject   Refuse a pairing request
        rotate   Give a device a new token; the old one stops working
        revoke   Take a device's token away
        rename   Call a device something else
        remove   Forget a device; it is put out and has to be paired anew

      Examples:
        openclaw devices list              both lists
        openclaw devices approve bc4ed6dc  by request id
        openclaw devices reject bc4ed6dc   by request id
        openclaw devices rotate 8a5a7237   its operator token
      "
    `);
    const alone = await cli.run(["devices"]);
    expect(alone).toEqual({ status: 2, stdout: "", stderr: stdout });
  });

  it("fits a narrow terminal", async () => {
    for (const argv of [["--help"], ["gateway", "--help"], ["sessions", "export", "--help"]]) {
      const { stdout } = await cli.run(argv, { columns: 44, env: { NO_COLOR: "1" } });
      const words = stdout
        .split("\n")
        .filter((line) => line.length > 44 && !/openclaw |--\w|^OpenClaw: |^ +\S+$/.test(line));
      expect(words).toEqual([]);
    }
  });

  it("exists for every command, with an example that parses as that command", async () => {
    const definitions = await allDefinitions();
    for (const definition of definitions) {
      const { status, stdout } = await cli.run([...definition.path, "--help"]);
      expect([definition.path, status]).toEqual([definition.path, 0]);
      expect(stdout).toContain("Usage: openclaw");
      expect(definition.examples.length).toBeGreaterThan(0);
      for (const { line } of definition.examples) {
        const start = line.indexOf("openclaw ") + "openclaw ".length;
        const words = parseGlobals(
          shellWords(
            line
              .slice(start)
              .replace(/\)"$/, "")
              .replace(/ [<>|] .*$/, ""),
          ),
        ).rest;
        const found = matchCommand(definitions, words);
        expect([line, found.path]).toEqual([line, definition.path]);
        expect(() => parseCommand(definition, found.rest), line).not.toThrow();
      }
    }
  });
});

it("the beginning of longer commands lists them, also below a group that is a command itself", async () => {
  const { stderr, status } = await cli.run(["models", "auth"]);
  expect(status).toBe(2);
  expect(stderr).toContain("Usage: openclaw models auth <command>");
  expect(stderr).toMatch(/\n {2}paste-token +\S/);
});

describe("wrong command lines", () => {
  it.each([
    [
      ["statsu"],
      'error: unknown command "statsu"\nhint: did you mean `openclaw status`? See `openclaw --help`\n',
    ],
    [
      ["gateway", "statuss"],
      'error: unknown command "gateway statuss"\nhint: did you mean `openclaw gateway status`? See `openclaw gateway --help`\n',
    ],
    [["xyzzyx"], 'error: unknown command "xyzzyx"\nhint: see `openclaw --help`\n'],
    [["--prfile", "x", "status"], 'error: unknown option "--prfile"\nhint: did you mean --profile?\n'],
    [
      ["status", "--jsn"],
      "error: unknown option '--jsn'\nhint: did you mean --json? See `openclaw status --help`\n",
    ],
    [
      ["gateway", "call"],
      "error: missing required argument 'method'\nhint: see `openclaw gateway call --help`\n",
    ],
    [["gateway", "--port", "99999"], 'error: --port "99999" is not a whole number from 1 to 65535\n'],
    [
      ["gateway", "--bind", "everywhere"],
      "error: option '--bind <mode>' argument 'everywhere' is invalid. Allowed choices are loopback, lan, tailnet, custom, auto\nhint: see `openclaw gateway --help`\n",
    ],
    [
      ["status", "extra"],
      "error: too many arguments. Expected 0 arguments but got 1: extra\nhint: see `openclaw status --help`\n",
    ],
    [
      ["--url", "ftp://x", "status"],
      'error: "ftp://x" is not a gateway address\nhint: give it as ws://host:18789 or wss://host\n',
    ],
    [
      ["--dev", "--profile", "work", "status"],
      'error: --dev and --profile "work" name two different profiles\nhint: use one of them; --dev is short for --profile dev\n',
    ],
    [
      ["sessions", "delete", "x"],
      "error: this cannot be undone and nobody is here to confirm it\nhint: add --yes\n",
    ],
  ])("%j end with exit status 2 and a remedy", async (argv, stderr) => {
    expect(await cli.run(argv)).toEqual({ status: 2, stdout: "", stderr });
  });

  it("answer in JSON when JSON was asked for", async () => {
    const { status, stdout, stderr } = await cli.run(["gateway", "cal", "--json"]);
    expect({ status, stderr, answer: JSON.parse(stdout) as unknown }).toEqual({
      status: 2,
      stderr: "",
      answer: {
        ok: false,
        error: {
          code: "USAGE",
          message: 'unknown command "gateway cal"',
          hint: "did you mean `openclaw gateway call`? See `openclaw gateway --help`",
        },
      },
    });
  });
});

it("the version is digits and dots only", async () => {
  for (const flag of ["--version", "-V", "-v"]) {
    const { status, stdout } = await cli.run([flag]);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^\d+(\.\d+)+\n$/)]);
  }
});

it("a bug prints its stack and where to report it", async () => {
  const broken = () => Promise.reject(new TypeError("boom"));
  const { status, stderr } = await cli.run(["status"], { platform: { openConfig: broken } });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: boom\n {4}at .*\n[^]*This is a bug in openclaw\. Please report it/);
});

it("colours only where they are wanted", async () => {
  const withColor = await cli.run(["statsu"], { columns: 80 });
  expect(withColor.stderr).toContain("\u001b[31merror:");
  for (const [argv, env] of [
    [["--no-color", "statsu"], {}],
    [["statsu"], { NO_COLOR: "1" }],
    [["statsu"], { TERM: "dumb" }],
  ] as Array<[string[], Record<string, string>]>)
    expect((await cli.run(argv, { columns: 80, env })).stderr).not.toContain("\u001b");
});

it("the table of groups is equal to the definitions", async () => {
  for (const group of groups) {
    const { definitions } = await group.load();
    expect(definitions.map(({ path }) => path[0])).toEqual(definitions.map(() => group.name));
    expect(definitions.length).toBeGreaterThan(0);
  }
});

/** Words of a shell line with plain quotes. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3] ?? "");
}
