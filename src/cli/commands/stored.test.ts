// Commands that read stored state or files, without any gateway.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { afterAll, describe, expect, it } from "vitest";
import { createCliHome } from "../../../test/support/run-cli.ts";
import type { AppFacade, LocalState, SessionRecord } from "../../app/contract.ts";
import { noUsage, type TranscriptEntry } from "../../core/conversation.ts";

const cli = createCliHome();
afterAll(cli.remove);

const at = Date.UTC(2026, 10, 21, 12, 0, 0);
const session: SessionRecord = {
  key: "agent:main:main",
  agentId: "main",
  sessionId: "s-1",
  createdAt: at,
  updatedAt: at,
  label: null,
  displayName: "the big talk",
  channel: null,
  chatType: null,
  settings: {},
  route: null,
  spawnedBy: null,
  usage: { ...noUsage, input: 1200, output: 34, total: 1234 },
  contextTokens: 0,
  provider: "builtin",
  model: "offline",
  compactions: 0,
  abortedLastRun: false,
  lastPreview: null,
  firstText: null,
};
const entries: TranscriptEntry[] = [
  { id: "1", ts: at, role: "user", content: [{ type: "text", text: "read it\u001b[31m" }] },
  {
    id: "2",
    ts: at,
    role: "assistant",
    content: [{ type: "tool_use", id: "t", name: "read", input: { path: "a" } }],
  },
  {
    id: "3",
    ts: at,
    role: "tool",
    content: [{ type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "a ``` fence" }] }],
  },
];
const superseded: TranscriptEntry = {
  id: "0",
  ts: at,
  role: "user",
  content: [{ type: "text", text: "read that" }],
};
let closed = 0;
const state: LocalState = {
  sessions: {
    list: () => [session],
    get: (key) => (key === session.key ? session : null),
    transcriptPath: () => join(cli.stateDir, "agents/main/sessions/main.jsonl"),
    tail: (_key, limit) => entries.slice(-limit),
    async *everything() {
      yield await Promise.resolve({ entry: superseded, isSuperseded: true });
      for (const entry of entries) yield { entry, isSuperseded: false };
    },
  },
  why: (subject) => ({
    messages: [],
    run:
      subject === "run-1"
        ? {
            runId: "run-1",
            status: "error",
            reason: "failed_model",
            payloads: [],
            usage: noUsage,
            sessionId: "s-1",
            sessionKey: session.key,
            startedAt: at,
            endedAt: at + 1500,
            error: { code: "RATE_LIMIT", message: "slow down" },
          }
        : null,
    steps: [],
    deliveries: [],
    trace:
      subject === "run-1"
        ? [{ at, subject, stage: "model", rule: "no profile left", detail: "cooldown 60s" }]
        : [],
  }),
  close: () => {
    closed++;
    return Promise.resolve();
  },
};
const platform = {
  app: () => Promise.resolve({ openLocalState: () => Promise.resolve(state) } as unknown as AppFacade),
};
const run = (...argv: string[]) => cli.run(argv, { platform, env: { TZ: "UTC" } });
/** Local times differ from machine to machine. */
const steady = (text: string) =>
  text
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "TIME")
    .replace(/\b(\d+[smhd] ago|in \d+\w+( \d+\w+)?|just now)/g, "AGO");

describe("sessions", () => {
  it("are listed", async () => {
    const { stdout } = await run("sessions");
    expect(steady(stdout)).toContain("KEY");
    expect(stdout).toMatch(/^agent:main:main +direct +.* +1,234 +offline +the big talk$/m);
    expect(JSON.parse((await run("sessions", "list", "--json")).stdout)).toMatchObject({
      count: 1,
      sessions: [{ key: "agent:main:main", totalTokens: 1234 }],
    });
  });

  it("are shown by any spelling of their key", async () => {
    const { stdout } = await run("sessions", "show", "main", "--limit", "2");
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "Key:              agent:main:main
      Session id:       s-1
      Label:            -
      Updated:          TIME (AGO)
      Model:            offline
      Tokens:           1,234 (in 1,200, out 34)
      Transcript:       ~/.openclaw/agents/main/sessions/main.jsonl

      assistant  TIME
      → read {"path":"a"}

      tool  TIME
      ← a \`\`\` fence
      "
    `);
    expect((await run("sessions", "show", "agent:main:main")).stdout).toContain("read it\\x1b[31m");
  });

  it("are exported as Markdown and as stored", async () => {
    expect((await run("sessions", "export", "main")).stdout).toMatchInlineSnapshot(`
      "# Conversation agent:main:main

      ## user, 2026-11-21T12:00:00.000Z

      read it[31m

      ## assistant, 2026-11-21T12:00:00.000Z

      \`\`\`
      read {
        "path": "a"
      }
      \`\`\`

      ## tool, 2026-11-21T12:00:00.000Z

      \`\`\`\`
      a \`\`\` fence
      \`\`\`\`
      "
    `);
    const { stdout } = await run("sessions", "export", "main", "--format", "jsonl");
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(entries);
  });

  it("are exported with what was superseded when that is asked for, marked", async () => {
    const markdown = await run("sessions", "export", "main", "--superseded");
    expect(markdown.stdout).toContain("## user, 2026-11-21T12:00:00.000Z (superseded)\n\nread that");
    const { stdout } = await run("sessions", "export", "main", "--superseded", "--format", "jsonl");
    const lines = stdout.trimEnd().split("\n");
    expect(JSON.parse(lines[0] ?? "")).toEqual({ ...superseded, superseded: true });
    expect(lines).toHaveLength(4);
  });

  it("are exported to a new private file, never over an old one", async () => {
    const file = join(cli.home, "out.md");
    expect((await run("sessions", "export", "main", "-o", file)).stderr).toBe(`Wrote 3 entries to ${file}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file, "utf8");
    expect(await run("sessions", "export", "main", "-o", file)).toMatchObject({ status: 1 });
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("that do not exist are an error with the nearest one", async () => {
    expect((await run("sessions", "show", "mian")).stderr).toBe(
      'error: there is no conversation "mian"\nhint: did you mean "main"? See `openclaw sessions list`\n',
    );
    expect((await run("sessions", "show", "a\u0007b")).stderr).toContain("control characters");
    expect(closed).toBeGreaterThan(0);
  });
});

describe("why", () => {
  it("explains a run and names its reason", async () => {
    expect(steady((await run("why", "run-1")).stdout)).toMatchInlineSnapshot(`
      "Run run-1
        Status:         error (failed_model: no model could answer)
        Model:          -
        Took:           1,500 ms
        Tokens:         0 in, 0 out
        Error:          RATE_LIMIT: slow down
      TIME  model  no profile left  cooldown 60s
      "
    `);
  });

  it("says when nothing is recorded", async () => {
    expect(await run("why", "nope")).toMatchObject({ status: 1, stdout: "" });
  });
});

describe("completion", () => {
  const words = (script: string, line: string) => {
    const cword = line.split(" ").length - 1;
    const probe = `${script}\nCOMP_WORDS=(${line.replace(/ $/, ' ""')})\nCOMP_CWORD=${cword}\n_openclaw\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", probe], { encoding: "utf8" });
    expect(stderr).toBe("");
    return stdout.trim().split("\n");
  };

  it("of bash offers commands, subcommands and options", async () => {
    const { stdout } = await run("completion", "bash");
    expect(words(stdout, "openclaw stat")).toEqual(["status"]);
    expect(words(stdout, "openclaw gateway ")).toEqual(expect.arrayContaining(["call", "probe", "--port"]));
    expect(words(stdout, "openclaw gateway status --js")).toEqual(["--json"]);
  });

  it("knows three shells and says so", async () => {
    expect((await run("completion", "zsh")).stdout).toMatch(/^#compdef openclaw/);
    expect((await run("completion", "fish")).stdout).toContain("complete -c openclaw");
    expect((await run("completion", "tcsh")).stderr).toContain("one of bash, zsh, fish");
  });
});

it("docs lists pages offline", async () => {
  expect((await run("docs", "testing decisions records model")).status).toBe(1);
  expect((await run("docs")).stdout).toMatch(/\.md +\S/);
  expect(await run("docs", "quantum gravity")).toMatchObject({ status: 1 });
});
