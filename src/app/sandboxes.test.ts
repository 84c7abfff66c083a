import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { cause, openFixture, says, uses, type Fixture } from "../../test/support/agent-fixture.ts";
import { createToolBench, type ToolBench } from "../../test/support/tool-bench.ts";
import { createToolInvoker } from "../agent/index.ts";
import { makeTool } from "../../test/support/agent-tools.ts";
import { configSchema } from "../config/schema/index.ts";
import { loadPrincipal, storePrincipal, type Principal, type StoredPrincipal } from "../core/authority.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { findBinary, systemPath } from "../guard/index.ts";
import type { SessionStore } from "../sessions/index.ts";
import { resolvePaths } from "../state/index.ts";
import { createSandboxDesk, mayElevate } from "./sandboxes.ts";
import { agentSettings } from "./settings.ts";

const group = "agent:main:telegram:group:-100";
const owner: StoredPrincipal = {
  kind: "sender",
  id: "telegram:default:42",
  role: "operator",
  scopes: ["operator.read", "operator.write", "operator.admin", "operator.approvals", "operator.pairing"],
  owner: true,
};
const member: StoredPrincipal = { ...owner, id: "telegram:default:7", scopes: [], owner: false };

let base: string;
let config: Record<string, unknown>;
let bench: ToolBench;
let fixture: Fixture;
let stop: () => Promise<void>;
let desk: ReturnType<typeof createSandboxDesk>["desk"];

const paths = () =>
  resolvePaths({ env: { OPENCLAW_STATE_DIR: join(base, "state") }, home: join(base, "home") });

beforeEach(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "sandboxed-")));
  for (const name of ["home", "state"]) mkdirSync(join(base, name));
  writeFileSync(join(base, "state", "secret"), "the token");
  config = { agents: { defaults: { sandbox: { mode: "non-main" } } } };
  const sessions: Pick<SessionStore, "get"> = { get: (key) => fixture.storage.sessions.get(key) };
  const made = createSandboxDesk({
    config: () => configSchema.parse(config),
    paths: paths(),
    env: {},
    sessions: sessions as SessionStore,
    clock: systemClock,
    logger: silentLogger,
  });
  desk = made.desk;
  stop = () => made.stop();
  bench = await createToolBench();
  fixture = await openFixture({ sandboxes: made.desk });
  fixture.tools.push(...bench.tools);
  writeFileSync(join(fixture.workspace, "note"), "a note of the owner");
});
afterEach(async () => {
  await stop();
  await fixture.close();
  await bench.stop();
  rmSync(base, { recursive: true, force: true });
});

/** What the tools of one run said, in order. */
async function run(
  calls: Array<[name: string, input: object]>,
  message: { sessionKey?: string; principal?: StoredPrincipal } = {},
): Promise<string[]> {
  const parsed = configSchema.safeParse(config);
  if (parsed.success) fixture.settings.tools = agentSettings(parsed.data, paths(), "main").tools;
  fixture.model.script.push(
    uses(...calls.map(([name, input]): [string, object] => [name, input])),
    says("Done."),
  );
  const { outcome, events } = await fixture.say("go", {
    sessionKey: group,
    sessionKeyAsSent: group,
    principal: owner,
    ...message,
  });
  expect(outcome.status).toBe("ok");
  // Calls that only read end in any order.
  const begun = events.flatMap((event) => (event.type === "tool_started" ? [event.callId] : []));
  return begun.map((callId) => {
    const end = events.find((event) => event.type === "tool_finished" && event.callId === callId);
    if (end?.type !== "tool_finished") return "";
    return end.content.map((block) => (block.type === "text" ? block.text : "")).join("");
  });
}
const sandboxOff = () => void (config = { agents: { defaults: { sandbox: { mode: "off" } } } });
const configured = (sandbox: object, rest: object = {}) =>
  void (config = { agents: { defaults: { sandbox: { mode: "non-main", ...sandbox } } }, ...rest });

describe.skipIf(findBinary("bwrap", systemPath) === null)("tools of a sandboxed run", () => {
  it("execute inside without asking, and file tools see the same files", async () => {
    const asked = bench.decide("deny");
    const said = await run([
      ["exec", { command: `id -un; cat ${join(base, "state", "secret")} note; echo made > inside; pwd` }],
      ["read", { path: "inside" }],
      ["read", { path: "/workspace/inside" }],
      ["read", { path: "note" }],
      ["write", { path: "sub/two", content: "2" }],
      ["exec", { command: "cat two", cwd: "sub" }],
      ["ls", {}],
    ]);
    expect(said[0]).toMatch(/^sandbox\n/);
    expect(said[0]).not.toMatch(/the token|a note/);
    expect(said[0]).toContain("/workspace");
    expect(said[1]).toContain("made");
    expect(said[2]).toContain("made");
    expect(said[3]).toContain("does not exist");
    expect(said[5]).toBe("2");
    expect(said[6]).toContain("inside");
    expect(existsSync(join(fixture.workspace, "inside"))).toBe(false);
    expect(asked.shown).toEqual([]);
    expect(fixture.model.calls[0]?.system).toContain("work in a sandbox");
    expect(fixture.model.calls[0]?.system).not.toContain(fixture.workspace);
  });

  it("stay outside in the owner's main session, and only there", async () => {
    const asked = bench.decide("allow-once");
    expect(await run([["exec", { command: "cat note; echo x" }]], { sessionKey: "agent:main:main" })).toEqual(
      ["a note of the ownerx"],
    );
    expect(asked.shown).toHaveLength(1);
    expect((await run([["exec", { command: "id -un" }]], { sessionKey: "agent:main:project" }))[0]).toBe(
      "sandbox",
    );
  });

  it("keep long results where the run can read them", async () => {
    fixture.settings.outputCapChars = 500;
    const [cut] = await run([["exec", { command: "seq 1 2000" }]]);
    const place = /all of it is in (\S+):/.exec(cut ?? "")?.[1];
    const [whole] = await run([["read", { path: place, limit: 3 }]]);
    expect(whole).toContain("1\n");
    expect(existsSync(join(fixture.workspace, ".openclaw"))).toBe(false);
  });

  it("write to the workspace only where that is granted, and then ask as on the machine", async () => {
    configured({ workspaceAccess: "ro" });
    expect(
      await run([
        ["exec", { command: "cat note; echo >> note" }],
        ["write", { path: "note", content: "x" }],
      ]),
    ).toEqual([expect.stringContaining("Read-only file system"), expect.stringContaining("read-only")]);
    configured({ workspaceAccess: "rw" });
    const asked = bench.decide("allow-always");
    await run([
      ["exec", { command: "echo more >> note" }],
      ["exec", { command: "echo more >> note" }],
    ]);
    expect(asked.shown).toEqual(["echo more >> note", "echo more >> note"]);
    expect(readFileSync(join(fixture.workspace, "note"), "utf8")).toBe("a note of the ownermore\nmore\n");
    expect(await bench.allowlist.rules("main")).toMatchObject({ entries: [] });
  });

  it("stay inside when the run is taken up after a crash and the sandbox was switched off meanwhile", async () => {
    fixture.model.script.push(uses(["hang", {}, "c1"]));
    fixture.tools.push(
      makeTool("hang", "read", async (_text, context) => {
        context.update("began");
        return "late";
      }),
    );
    await fixture.accept("go", { sessionKey: group, sessionKeyAsSent: group, principal: owner });
    const controller = new AbortController();
    const died = fixture.run(await fixture.claim(), controller.signal, (event) => {
      if (event.type === "tool_update") controller.abort(cause("shutdown"));
    });
    await expect(died).rejects.toMatchObject({ code: "RUN_SUSPENDED" });
    await fixture.reopen();
    sandboxOff();
    fixture.model.script.push(uses(["exec", { command: "id -un" }, "c2"]), says("Done."));
    const { events } = await fixture.run(await fixture.claim());
    const last = events.findLast((event) => event.type === "tool_finished");
    expect(last).toMatchObject({ content: [{ text: "sandbox" }] });
    // A new message is under what holds now.
    bench.settings.exec = { ...bench.settings.exec, security: "full", ask: "off" };
    expect((await run([["exec", { command: "pwd" }]]))[0]).toBe(fixture.workspace);
  });

  it("stay inside for whatever a sandboxed run causes, in any session and with any configuration", async () => {
    sandboxOff();
    const caused: StoredPrincipal = { ...owner, sandboxed: true };
    const [said] = await run([["exec", { command: "id -un" }]], {
      sessionKey: "agent:main:main",
      principal: caused,
    });
    expect(said).toBe("sandbox");
    let principal: Principal | null = null;
    fixture.tools.push(
      makeTool("who", "read", async (_text, context) => {
        principal = context.principal;
        return "";
      }),
    );
    configured({});
    await run([["who", {}]]);
    expect(principal).toMatchObject({ sandboxed: true });
    expect(storePrincipal(loadPrincipal(storePrincipal(principal ?? loadPrincipal(owner))))).toMatchObject({
      sandboxed: true,
    });
  });

  it("fail when the sandbox cannot be built, and never fall back to the machine", async () => {
    bench.settings.exec = { ...bench.settings.exec, security: "full", ask: "off" };
    const mark = join(base, "ran");
    for (const change of [
      { backend: "podman" },
      { docker: { network: "bridge" } },
      { docker: { binds: ["/etc:/conf"] } },
      { docker: { memory: "lots" } },
    ]) {
      configured(change);
      const [said] = await run([["exec", { command: `touch ${mark}` }]]).catch((error: unknown) => [
        String(error),
      ]);
      expect(said).toMatch(
        /podman (?:is not|has no|could not|cannot)|no network|not given to a sandbox|16m or more|expected/,
      );
      expect(existsSync(mark)).toBe(false);
      fixture.model.script.length = 0;
    }
    // One that bubblewrap itself stumbles over.
    mkdirSync(join(base, "data"));
    configured({ docker: { binds: [`${join(base, "data")}:/${"x".repeat(300)}`] } });
    expect((await run([["exec", { command: `touch ${mark}` }]]))[0]).toMatch(
      /^bwrap: [^]*did not run[^]*openclaw doctor/,
    );
    configured({});
    for (const host of ["gateway", "node"]) {
      bench.settings.exec = { ...bench.settings.exec, host };
      expect((await run([["exec", { command: `touch ${mark}` }]]))[0]).toContain("this session is sandboxed");
    }
    bench.settings.exec = { ...bench.settings.exec, host: "auto" };
    expect((await run([["exec", { command: `touch ${mark}`, host: "gateway" }]]))[0]).toContain(
      "in its sandbox only",
    );
    expect(existsSync(mark)).toBe(false);
  });

  it("never reach what runs on the machine for the same session", async () => {
    bench.settings.exec = { ...bench.settings.exec, security: "full", ask: "off" };
    const main = { sessionKey: "agent:main:main" };
    const [started] = await run([["exec", { command: "cat", background: true }]], main);
    const id = /proc-[0-9a-f]+/.exec(started ?? "")?.[0] ?? "";
    expect((await run([["process", { action: "list" }]], main))[0]).toContain(id);
    const inside = { ...main, principal: { ...owner, sandboxed: true } };
    expect(
      await run(
        [
          ["process", { action: "list" }],
          ["process", { action: "write", id, data: "x" }],
        ],
        inside,
      ),
    ).toEqual(["(no processes)", expect.stringContaining("there is no process")]);
    const [own] = await run([["exec", { command: "cat", background: true }]], inside);
    const ownId = /proc-[0-9a-f]+/.exec(own ?? "")?.[0] ?? "";
    expect((await run([["process", { action: "list" }]], inside))[0]).toContain(ownId);
    expect((await run([["process", { action: "list" }]], main))[0]).not.toContain(ownId);
  });

  it("leave it for the owner's word alone", async () => {
    const elevated = { exec: { elevated: { enabled: true, allowFrom: { telegram: ["42"] } } } };
    const pwd: Array<[string, object]> = [["exec", { command: "pwd" }]];
    const command = async (text: string, principal = owner) =>
      (await fixture.say(text, { sessionKey: group, sessionKeyAsSent: group, principal })).outcome.payloads[0]
        ?.text;
    const asked = bench.decide("allow-once");

    expect(await command("/elevated full")).toContain("You may not");
    expect(await run(pwd)).toEqual(["/workspace"]);
    configured({}, { tools: elevated });
    expect(await command("/elevated full", member)).toContain("may not");
    expect(await command("/status")).toContain("no network · elevated off");
    expect(await command("/elevated on")).toContain("Elevated: on");
    expect(await command("/status")).toContain("no network · elevated on");
    expect(await run([["exec", { command: "echo on; pwd" }]])).toEqual([`on\n${fixture.workspace}`]);
    expect(asked.shown).toEqual(["echo on; pwd"]);
    expect(await command("/elevated ask")).toContain("each after a question");
    expect(await run(pwd)).toEqual([fixture.workspace]);
    expect(asked.shown).toEqual(["echo on; pwd", "pwd"]);
    expect(await command("/elevated full")).toContain("without a question");
    expect(await run([["exec", { command: "echo $((1+1)); pwd" }]])).toEqual([`2\n${fixture.workspace}`]);
    expect(asked.shown).toEqual(["echo on; pwd", "pwd"]);
    // The session is elevated; another owner, what a sandbox caused, and a list without the owner are not.
    expect(await run(pwd, { principal: { ...owner, id: "telegram:default:43" } })).toEqual(["/workspace"]);
    expect(await run(pwd, { principal: { ...owner, sandboxed: true } })).toEqual(["/workspace"]);
    configured({}, { tools: { exec: { elevated: { enabled: true } } } });
    expect(await run(pwd)).toEqual(["/workspace"]);
    configured({}, { tools: { exec: { elevated: { enabled: false, allowFrom: { telegram: ["42"] } } } } });
    expect(await run(pwd)).toEqual(["/workspace"]);
    expect(await command("/elevated off")).toContain("in its sandbox");
  });

  it("are those that the policy of sandboxes leaves", async () => {
    configured({}, { tools: { sandbox: { tools: { deny: ["exec"] } } } });
    expect((await run([["exec", { command: "id" }]]))[0]).toContain('There is no tool "exec"');
    const names = () => fixture.model.calls.at(-1)?.tools.map((tool) => tool.name) ?? [];
    fixture.tools.push(makeTool("lever", "exec", async () => "pulled"));
    configured({});
    expect((await run([["lever", {}]]))[0]).toContain("There is no tool");
    expect(names()).toContain("exec");
    // Somebody who is not the owner gets tools only where the operator names them and nothing is anybody else's.
    await run([["ls", {}]], { principal: member });
    expect(names()).not.toContain("exec");
    configured({ tools: { allow: ["exec", "read"] } });
    await run([["ls", {}]], { principal: member });
    expect(names()).not.toContain("exec");
    configured({ scope: "session", tools: { allow: ["exec", "read"] } });
    expect((await run([["exec", { command: "id -un" }]], { principal: member }))[0]).toBe("sandbox");
    expect(names()).toEqual(["read", "exec"]);
  });

  it("run outside a run in the same place", async () => {
    const invoke = createToolInvoker({
      settings: () => fixture.settings,
      tools: () => fixture.tools,
      sandboxes: desk,
      clock: systemClock,
      logger: silentLogger,
    });
    const call = {
      agentId: "main",
      name: "exec",
      input: { command: "id -un" },
      principal: loadPrincipal(owner),
    };
    const { output } = await invoke({ ...call, sessionKey: group, signal: new AbortController().signal });
    expect(output).toMatchObject({ content: [{ text: "sandbox" }] });
  });
});

test("whom tools.exec.elevated names", () => {
  const of = (elevated: object) => configSchema.parse({ tools: { exec: { elevated } } });
  const who = (change: Partial<StoredPrincipal>) => loadPrincipal({ ...owner, ...change });
  const on = of({ enabled: true, allowFrom: { telegram: ["42"], matrix: ["@a:b.c"] } });
  expect(mayElevate(on, who({}))).toBe(true);
  expect(mayElevate(on, who({ id: "matrix:default:@a:b.c" }))).toBe(true);
  expect(mayElevate(on, who({ kind: "operator", id: "device" }))).toBe(true);
  for (const change of [
    { owner: false },
    { sandboxed: true },
    { id: "telegram:default:4" },
    { id: "discord:default:42" },
    { id: "telegram:42" },
    { kind: "scheduler" as const },
    { kind: "hook" as const },
    { kind: "operator" as const, scopes: [] },
  ])
    expect([change, mayElevate(on, who(change))]).toEqual([change, false]);
  expect(mayElevate(of({ enabled: true }), who({}))).toBe(false);
  expect(
    mayElevate(of({ enabled: true, allowFrom: { telegram: ["*"] } }), who({ id: "telegram:default:*" })),
  ).toBe(false);
  expect(mayElevate(of({ allowFrom: { telegram: ["42"] } }), who({}))).toBe(false);
});
