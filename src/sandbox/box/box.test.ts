import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { UserError } from "../../core/errors.ts";
import { bindSource, parseBinds } from "./binds.ts";
import { containerArgs } from "./container-args.ts";
import type { BoxSpec, SandboxSettings } from "./contract.ts";
import { decideSandbox, type SandboxQuestion } from "./decide.ts";
import { boxId, ensureBox, listBoxes, removeBox } from "./folders.ts";
import { seccompFilter } from "./seccomp.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "box-")));
const at = (...names: string[]) => join(base, ...names);
for (const folder of [
  "home",
  "home/agent",
  "home/.ssh/keys",
  "home/.openclaw/workspace",
  "state",
  "state/workspace",
  "data",
  "data/inner",
])
  mkdirSync(at(folder), { recursive: true });
symlinkSync(at("state"), at("link"));
writeFileSync(at("state", "openclaw.json"), "{}");
afterAll(() => rmSync(base, { recursive: true, force: true }));

const forbidden = { home: at("home"), secret: [at("state"), at("state", "openclaw.json")] };
const refusal = (work: () => unknown): string => {
  try {
    work();
    return "allowed";
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
};

describe("whether a run is sandboxed", () => {
  const question: SandboxQuestion = {
    mode: "non-main",
    agentId: "main",
    main: true,
    owner: true,
    fromSandbox: false,
    recorded: false,
    parent: false,
  };

  it("leaves out only the owner's main session with non-main", () => {
    expect(decideSandbox(question).sandboxed).toBe(false);
    expect(decideSandbox({ ...question, main: false }).sandboxed).toBe(true);
    expect(decideSandbox({ ...question, owner: false }).sandboxed).toBe(true);
    expect(decideSandbox({ ...question, mode: "all" }).sandboxed).toBe(true);
    expect(decideSandbox({ ...question, mode: "off", main: false, owner: false }).sandboxed).toBe(false);
  });

  it("never lets out what a sandbox caused, whatever the configuration says", () => {
    fc.assert(
      fc.property(
        fc.record({
          mode: fc.constantFrom("off", "non-main", "all"),
          agentId: fc.constant("main"),
          main: fc.boolean(),
          owner: fc.boolean(),
          fromSandbox: fc.boolean(),
          recorded: fc.boolean(),
          parent: fc.boolean(),
        }),
        (any) => {
          const decision = decideSandbox(any);
          if (any.fromSandbox || any.recorded || any.parent) expect(decision.sandboxed).toBe(true);
          if (any.fromSandbox || any.parent) expect(decision.mayElevate).toBe(false);
          if (!decision.sandboxed) expect(decision.mayElevate).toBe(false);
        },
      ),
    );
  });
});

describe("what a sandbox may be given", () => {
  it("refuses the state, the home, the system, and what holds them", () => {
    for (const path of ["/", "/etc", "/etc/ssl", "/proc", "/usr", base, at("home"), at("state"), at("link")])
      expect([path, refusal(() => bindSource(path, forbidden))]).toEqual([path, "SANDBOX_BIND_REFUSED"]);
    expect(refusal(() => bindSource(at("state", "workspace"), forbidden))).toBe("SANDBOX_BIND_REFUSED");
    expect(refusal(() => bindSource(at("missing"), forbidden))).toBe("SANDBOX_BIND_REFUSED");
    for (const path of [at("home", ".ssh"), at("home", ".ssh", "keys"), at("home", ".openclaw", "workspace")])
      expect([path, refusal(() => bindSource(path, forbidden))]).toEqual([path, "SANDBOX_BIND_REFUSED"]);
    const mine = at("home", ".openclaw", "workspace");
    expect(bindSource(mine, forbidden, [mine])).toBe(mine);
  });

  it("gives a folder of its own, and the workspace in the state directory when that is meant", () => {
    expect(bindSource(at("data"), forbidden)).toBe(at("data"));
    expect(bindSource(at("home", "agent"), forbidden)).toBe(at("home", "agent"));
    expect(bindSource(at("state", "workspace"), forbidden, [at("state", "workspace")])).toBe(
      at("state", "workspace"),
    );
  });

  it("reads binds, read-only unless they say rw", () => {
    expect(parseBinds([`${at("data")}:/data`, `${at("data", "inner")}:/more:rw`], forbidden)).toEqual([
      { from: at("data"), to: "/data", writable: false },
      { from: at("data", "inner"), to: "/more", writable: true },
    ]);
  });

  it("refuses links, sockets, tricks and the sandbox's own places in binds", async () => {
    symlinkSync(at("data"), at("alias"));
    const socket = at("engine.sock");
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once("listening", resolve));
    const bad = [
      `${at("alias")}:/data`,
      `${at("alias")}/inner:/data`,
      `${socket}:/data`,
      `${at("data")}/../state:/data`,
      `${at("data")}:/workspace`,
      `${at("data")}:/workspace/x`,
      `${at("data")}:/home`,
      `${at("data")}:/usr/bin`,
      `${at("data")}:/etc`,
      `${at("data")}:/data:rw,exec`,
      `${at("data")}:data`,
      "data:/data",
      at("data"),
      `${at("data")}:/a,b`,
    ];
    for (const bind of bad)
      expect([bind, refusal(() => parseBinds([bind], forbidden))]).toEqual([bind, "SANDBOX_BIND_REFUSED"]);
    await new Promise((resolve) => server.close(resolve));
  });
});

const settings: SandboxSettings = {
  mode: "all",
  scope: "agent",
  access: "none",
  backend: "docker",
  folder: at("state", "sandboxes"),
  image: "openclaw-sandbox:bookworm-slim",
  network: "none",
  memoryBytes: 512 * 1024 ** 2,
  cpus: 1.5,
  pidsLimit: 64,
  env: {},
  binds: [],
  prune: { idleHours: 24, maxAgeDays: 7 },
};
const spec: BoxSpec = {
  id: "agent-main-1",
  settings,
  workspace: { path: at("data"), writable: false },
  home: at("home", "agent"),
  binds: [],
};
const engine = { engine: "docker" as const, name: "n", stateId: "s", uid: 1000, gid: 1000 };

describe("a container", () => {
  it("is made with every hardening and without anything of the machine", () => {
    const { args } = containerArgs(spec, engine);
    const line = args.join(" ");
    for (const part of [
      "--pull never",
      "--read-only",
      "--network none",
      "--cap-drop ALL",
      "--security-opt no-new-privileges",
      "--pids-limit 64",
      `--memory ${512 * 1024 ** 2} --memory-swap ${512 * 1024 ** 2}`,
      "--cpus 1.5",
      "--user 1000:1000",
      `type=bind,source=${at("data")},target=/workspace,readonly`,
    ])
      expect(line).toContain(part);
    expect(line).not.toMatch(/privileged|docker\.sock|--pid |--volume|--device/);
  });

  it("is another one as soon as anything it is made of is another", () => {
    const digest = (change: Partial<BoxSpec>, more: Partial<SandboxSettings> = {}) =>
      containerArgs({ ...spec, ...change, settings: { ...settings, ...more } }, engine).digest;
    const all = [
      digest({}),
      digest({ workspace: { path: at("data"), writable: true } }),
      digest({ home: at("home") }),
      digest({ binds: [{ from: at("data"), to: "/d", writable: false }] }),
      digest({}, { image: "other:1" }),
      digest({}, { network: "mine" }),
      digest({}, { memoryBytes: 2 ** 29 + 1 }),
      digest({}, { pidsLimit: 65 }),
      digest({}, { cpus: null }),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(digest({})).toBe(all[0]);
  });

  it("refuses networks of others and images that are options", () => {
    const refused = (more: Partial<SandboxSettings>) =>
      refusal(() => containerArgs({ ...spec, settings: { ...settings, ...more } }, engine));
    for (const network of ["host", "container:x", "ns:/proc/1/ns/net", "--privileged", "a b"])
      expect(refused({ network })).toBe("SANDBOX_NETWORK_REFUSED");
    for (const image of ["--privileged", "", "a b", "x\ny"])
      expect(refused({ image })).toBe("SANDBOX_IMAGE_INVALID");
    const odd = { ...spec, workspace: { path: "/a,readonly=false", writable: false } };
    expect(refusal(() => containerArgs(odd, engine))).toBe("SANDBOX_BIND_REFUSED");
  });
});

describe("folders of sandboxes", () => {
  it("belong to the session, the agent or everybody", () => {
    const of = (scope: SandboxSettings["scope"], sessionKey: string, agentId: string, workspaceDir = "/w") =>
      boxId({ scope, access: "none" }, { sessionKey, agentId, workspaceDir });
    expect(of("session", "agent:main:a", "main")).not.toBe(of("session", "agent:main:b", "main"));
    expect(of("agent", "agent:main:a", "main")).toBe(of("agent", "agent:main:b", "main"));
    expect(of("agent", "k", "main")).not.toBe(of("agent", "k", "ops"));
    expect(of("shared", "k", "main")).toBe(of("shared", "l", "ops", "/v"));
    const shared = { scope: "shared", access: "rw" } as const;
    expect(boxId(shared, { sessionKey: "k", agentId: "a", workspaceDir: "/w" })).not.toBe(
      boxId(shared, { sessionKey: "k", agentId: "b", workspaceDir: "/v" }),
    );
  });

  it("names are safe whatever a session is called, and differ", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const of = (sessionKey: string) =>
          boxId({ scope: "session", access: "none" }, { sessionKey, agentId: "main", workspaceDir: "/w" });
        expect(of(a)).toMatch(/^session-[a-z0-9-]*-[0-9a-f]{8}$/);
        expect(of(a) === of(b)).toBe(a === b);
      }),
    );
  });

  it("are listed with what would be lost, and removed without following links", () => {
    const folder = at("boxes");
    const subject = { agentId: "main", sessionKey: "agent:main:a", workspaceDir: "/w" };
    const made = ensureBox(folder, { id: "session-a-1", scope: "session", subject, now: 5_000 });
    writeFileSync(join(made.workspace, "note"), "n");
    symlinkSync(at("data"), join(made.workspace, "out"));
    ensureBox(folder, { id: "session-a-1", scope: "session", subject, now: 9_000 });
    mkdirSync(join(folder, "stranger"));
    expect(listBoxes(folder)).toMatchObject([
      { id: "session-a-1", sessionKey: "agent:main:a", createdAt: 5_000, lastUsedAt: 9_000, files: 2 },
    ]);
    removeBox(folder, "session-a-1");
    expect(listBoxes(folder)).toEqual([]);
    expect(bindSource(at("data", "inner"), forbidden)).toBe(at("data", "inner"));
  });
});

describe("the filter of system calls", () => {
  /** What the kernel would answer, by the rules of classic BPF. */
  const run = (bytes: Uint8Array, call: { audit: number; nr: number; second?: number }): number => {
    const view = new DataView(bytes.buffer);
    const data = new Map([
      [0, call.nr],
      [4, call.audit],
      [24, call.second ?? 0],
    ]);
    let value = 0;
    for (let index = 0; ; index++) {
      const [code, k] = [view.getUint16(index * 8, true), view.getUint32(index * 8 + 4, true)];
      const jump = (yes: boolean) => (index += view.getUint8(index * 8 + (yes ? 2 : 3)));
      if (code === 0x20) value = data.get(k) ?? 0;
      else if (code === 0x15) jump(value === k);
      else if (code === 0x35) jump(value >= k);
      else return k;
    }
  };
  const x64 = 0xc000003e;

  it("refuses what changes the machine, allows the rest, and kills another interface", () => {
    const filter = seccompFilter("x64") ?? new Uint8Array();
    for (const nr of [165, 272, 250, 321, 425, 442, 0x40000000])
      expect(run(filter, { audit: x64, nr })).toBe(0x00050001);
    for (const nr of [0, 1, 2, 56, 59, 257, 16]) expect(run(filter, { audit: x64, nr })).toBe(0x7fff0000);
    expect(run(filter, { audit: x64, nr: 16, second: 0x5412 })).toBe(0x00050001);
    expect(run(filter, { audit: x64, nr: 17, second: 0x5412 })).toBe(0x7fff0000);
    expect(run(filter, { audit: 0x40000003, nr: 1 })).toBe(0x80000000);
    expect(run(seccompFilter("arm64") ?? new Uint8Array(), { audit: 0xc00000b7, nr: 40 })).toBe(0x00050001);
    expect(seccompFilter("riscv64")).toBeNull();
  });
});
