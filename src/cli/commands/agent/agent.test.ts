import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startFakeGateway, type FakeCall, type FakeGateway } from "../../../../test/fakes/gateway.ts";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";
import type { AppFacade, LocalTurnOptions } from "../../../app/contract.ts";
import { UserError } from "../../../core/errors.ts";
import type { RunOutcome } from "../../../core/outcome.ts";
import { decisionOf } from "./ask-approval.ts";

let cli: CliHome;
let gateway: FakeGateway;
/** What the fake agent does before it answers. */
let work: (call: FakeCall, emit: (stream: string, data: unknown) => void) => unknown;
let aborted: Array<Record<string, unknown>>;
let wake: () => void;

beforeEach(async () => {
  cli = createCliHome();
  aborted = [];
  wake = () => {};
  gateway = await startFakeGateway({
    methods: {
      agent: async (call) => {
        const runId = String(call.params.idempotencyKey);
        call.early({ runId, status: "accepted", acceptedAt: 1 });
        let seq = 0;
        const emit = (stream: string, data: unknown) =>
          call.event("agent", { runId, stream, data, seq: ++seq, ts: 1, sessionKey: "main" });
        return await work(call, emit);
      },
      "chat.abort": ({ params }) => {
        aborted.push(params);
        wake();
        return { ok: true, aborted: true, runIds: [params.runId] };
      },
      "exec.approval.resolve": () => ({ ok: true }),
    },
  });
  cli.configure({ gateway: { port: gateway.port } });
});
afterEach(async () => {
  await gateway.close();
  cli.remove();
});

const ok = (text: string) => ({
  runId: "r",
  status: "ok",
  summary: "completed",
  result: {
    payloads: [{ text, mediaUrl: null }],
    meta: {
      durationMs: 850,
      agentMeta: { sessionId: "s", usage: { input: 120, output: 15 } },
      aborted: false,
    },
  },
});

describe("openclaw agent", () => {
  it("prints the answer alone on standard output when piped, and the tools as plain lines beside it", async () => {
    work = (_call, emit) => {
      emit("tool", { phase: "start", name: "read", toolCallId: "t1", args: {} });
      emit("tool", { phase: "result", name: "read", toolCallId: "t1", isError: false });
      emit("assistant", { text: "It ", delta: "It " });
      emit("assistant", { text: "It works.", delta: "works." });
      return ok("It works.");
    };
    const { status, stdout, stderr } = await cli.run(["agent", "--message", "does it work?"]);
    expect({ status, stdout, stderr }).toMatchInlineSnapshot(`
      {
        "status": 0,
        "stderr": "… read
      ✓ read (0s)
      ",
        "stdout": "It works.
      ",
      }
    `);
    expect(gateway.calls[0]).toEqual({
      method: "agent",
      params: {
        message: "does it work?",
        idempotencyKey: expect.any(String) as string,
        deliver: false,
        timeout: 600,
        sessionKey: "main",
      },
    });
    expect(gateway.connects[0]).toMatchObject({ caps: ["tool-events"] });
  });

  it("streams to a terminal and prints nothing twice", async () => {
    work = (_call, emit) => {
      emit("assistant", { text: "Let me look.", delta: "Let me look." });
      emit("tool", { phase: "start", name: "exec", toolCallId: "t1" });
      emit("tool", { phase: "result", name: "exec", toolCallId: "t1", isError: true });
      emit("assistant", { text: "Done ", delta: "Done " });
      emit("assistant", { text: "Done 👍", delta: "👍" });
      return ok("Done 👍");
    };
    const { status, stdout } = await cli.run(["agent", "-m", "go"], { columns: 80, env: { NO_COLOR: "1" } });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "Let me look.\nDone 👍\n" });
  });

  it("does not let an answer move the cursor", async () => {
    work = () => ok("fine\u001b[2J\u0007");
    expect((await cli.run(["agent", "-m", "x"])).stdout).toBe("fine\\x1b[2J\\x07\n");
  });

  it("prints result and stats with --json and nothing else", async () => {
    work = (_call, emit) => {
      emit("tool", { phase: "start", name: "read", toolCallId: "t1" });
      return ok("hello");
    };
    const { status, stdout, stderr } = await cli.run(["agent", "-m", "x", "--thinking", "off", "--json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      result: { payloads: [{ text: "hello" }], stats: { durationMs: 850, tokensIn: 120, tokensOut: 15 } },
    });
    expect(gateway.calls[0]?.params).toMatchObject({ thinking: "off" });
  });

  it("passes session, agent and target on", async () => {
    work = () => ok("x");
    await cli.run(["agent", "-m", "x", "--session", "notes", "--deliver", "--timeout", "5"]);
    await cli.run(["agent", "-m", "x", "--agent", "ops"]);
    await cli.run(["agent", "-m", "x", "--to", "+1555", "--channel", "sms"]);
    const sent = gateway.calls.map(
      ({ params: { idempotencyKey: _key, message: _message, ...rest } }) => rest,
    );
    expect(sent).toEqual([
      { deliver: true, timeout: 5, sessionKey: "notes" },
      { deliver: false, timeout: 600, agentId: "ops", sessionKey: "agent:ops:main" },
      { deliver: false, timeout: 600, to: "+1555", channel: "sms" },
    ]);
  });

  it("reads more of the message from standard input", async () => {
    work = ({ params }) => ok(String(params.message));
    expect((await cli.run(["agent", "-m", "review", "--stdin"], { stdin: "the diff" })).stdout).toBe(
      "review\n\nthe diff\n",
    );
  });

  it("ends with 1 and the reason when the run fails", async () => {
    work = () => Promise.reject({ code: "UNAVAILABLE", message: "no model could answer" });
    expect(await cli.run(["agent", "-m", "x"])).toEqual({
      status: 1,
      stdout: "",
      stderr: "error: no model could answer\n",
    });
    work = () => ({ status: "ok", summary: "completed", result: { payloads: [] } });
    expect(await cli.run(["agent", "-m", "x"])).toMatchObject({
      status: 1,
      stderr: "The agent gave no answer (completed).\n",
    });
  });

  it("says that the run goes on when the connection breaks", async () => {
    work = ({ cut }) => {
      cut();
      return null;
    };
    const { status, stderr } = await cli.run(["agent", "-m", "x"]);
    expect(status).toBe(1);
    expect(stderr).toContain("the run goes on");
  });

  it("stops the run on Ctrl-C, says so and ends with 130", async () => {
    const controller = new AbortController();
    work = (_call, emit) =>
      new Promise((_resolve, reject) => {
        emit("assistant", { text: "I am writ", delta: "I am writ" });
        wake = () => reject(Object.assign(new Error("aborted"), { code: "UNAVAILABLE" }));
      });
    const { status, stdout, stderr } = await cli.run(["agent", "-m", "x"], {
      columns: 80,
      env: { NO_COLOR: "1" },
      signal: controller.signal,
      onOutput: (out) => {
        if (out.includes("I am writ")) controller.abort();
      },
    });
    expect(status).toBe(130);
    expect(aborted).toEqual([{ sessionKey: "main", runId: gateway.calls[0]?.params.idempotencyKey }]);
    expect(stdout).toBe("I am writ\n");
    expect(stderr).toContain("The run was stopped.");
  });

  it("needs something to say, and a sensible timeout", async () => {
    expect(await cli.run(["agent"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("nothing to say") as string,
    });
    expect(await cli.run(["agent", "-m", "x", "--timeout", "soon"])).toMatchObject({ status: 2 });
    expect(await cli.run(["agent", "-m", "x", "--thinking", "hard"])).toMatchObject({ status: 2 });
  });
});

describe("approvals during a run", () => {
  const request = {
    command: "rm -rf build\u001b[1A",
    cwd: "/tmp/w",
    host: "gateway",
    resolvedPath: "/bin/rm",
  };

  it("are printed with the command that answers them where nobody can be asked", async () => {
    work = ({ event, params }) => {
      event("exec.approval.requested", { id: "ap-1", request: { ...request, runId: params.idempotencyKey } });
      event("exec.approval.requested", { id: "ap-2", request: { ...request, runId: "another run" } });
      return ok("x");
    };
    expect((await cli.run(["agent", "-m", "x"])).stderr).toMatchInlineSnapshot(`
      "The agent waits for permission:
          rm -rf build\\x1b[1A
        in /tmp/w
        program /bin/rm
        on gateway
        answer with \`openclaw approvals approve ap-1\` or \`openclaw approvals deny ap-1\`
      "
    `);
  });

  it.each([
    ["y", "allow-once"],
    ["YES", "allow-once"],
    ["a", "allow-always"],
    ["", "deny"],
    ["yep", "deny"],
    ["n", "deny"],
  ])("answer %j means %s", (answer, decision) => {
    expect(decisionOf(answer)).toBe(decision);
  });
});

describe("openclaw agent --local", () => {
  const outcome: RunOutcome = {
    runId: "r1",
    status: "ok",
    reason: "answered",
    payloads: [{ text: "from here", mediaUrl: null }],
    usage: { input: 3, output: 2, cacheRead: 0, cacheWrite: 0, total: 5 },
    sessionId: "s",
    sessionKey: "agent:main:main",
    startedAt: 1000,
    endedAt: 1040,
  };
  const local = (turn: (options: LocalTurnOptions) => RunOutcome) => ({
    platform: {
      app: () =>
        Promise.resolve({
          runLocalTurn: (options: LocalTurnOptions) => Promise.resolve(turn(options)),
        } as AppFacade),
    },
  });

  it("runs the turn without a gateway", async () => {
    let asked: LocalTurnOptions | undefined;
    const { status, stdout } = await cli.run(
      ["agent", "--local", "-m", "hi", "--model", "builtin/offline", "--json"],
      local((options) => {
        asked = options;
        return outcome;
      }),
    );
    expect(status).toBe(0);
    expect(asked).toMatchObject({ message: "hi", model: "builtin/offline", timeoutMs: 600_000 });
    expect(JSON.parse(stdout)).toMatchObject({
      status: "ok",
      result: {
        payloads: [{ text: "from here", channelSendMetrics: null }],
        stats: { durationMs: 40, tokensIn: 3, tokensOut: 2 },
      },
    });
    expect(gateway.connects).toEqual([]);
  });

  it("points to the running gateway when that holds the state", async () => {
    const held = () => {
      throw new UserError("GATEWAY_RUNNING", "another gateway instance is already listening (pid 7)");
    };
    expect(await cli.run(["agent", "--local", "-m", "hi"], local(held))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("hint: leave out --local") as string,
    });
  });

  it("fails with the run's own error", async () => {
    const failed: RunOutcome = {
      ...outcome,
      status: "error",
      payloads: [],
      error: {
        code: "AUTH",
        message: "No API key found for provider anthropic",
        hint: "openclaw models auth add",
      },
    };
    expect(
      await cli.run(
        ["agent", "--local", "-m", "hi"],
        local(() => failed),
      ),
    ).toEqual({
      status: 1,
      stdout: "",
      stderr: "error: No API key found for provider anthropic\nhint: openclaw models auth add\n",
    });
  });
});
