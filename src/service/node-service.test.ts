import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installFakeManager } from "../../test/fakes/service-managers.ts";
import { createTestMachine, type TestMachine } from "../../test/support/service-host.ts";
import { Secret } from "../core/secret.ts";
import type { ServiceSpec } from "./contract.ts";
import { factsOfSpec } from "./definition.ts";
import { findDrift, nodeOptions, sameFacts } from "./drift.ts";
import { checkSpec } from "./grammar.ts";
import { resolveGatewayService, resolveNodeService } from "./host.ts";
import { classifyLabel, classifyTask, classifyUnit, serviceNames } from "./names.ts";
import { parsePlist, renderPlist } from "./plist.ts";
import { parseUnit, renderUnit } from "./systemd-unit.ts";
import { parseTask, renderTask } from "./task-xml.ts";

let machine: TestMachine;
afterEach(() => machine.remove());

const options = ["--url", "wss://gateway.lan:18789", "--display-name", "the workshop", "--share", "/srv/a b"];
const nodeSpec = (change: Partial<ServiceSpec> = {}): ServiceSpec =>
  machine.spec({ port: 0, notify: false, node: { options }, ...change });

describe("a node host's definition", () => {
  beforeEach(() => (machine = createTestMachine("linux")));

  it("says what the spec says, or is refused: any option", () => {
    const word = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 20 }),
      fc.constantFrom("%h", "$HOME", "a\nExecStart=/bin/x", '"', "'", "\\", "&amp;", "<x>", " x", "é", ";"),
    );
    fc.assert(
      fc.property(
        fc.constantFrom("systemd-user" as const, "launchd" as const, "schtasks" as const),
        fc.array(word, { maxLength: 4 }),
        (kind, words) => {
          const spec = nodeSpec({ node: { options: words }, secrets: {} });
          try {
            checkSpec(spec, kind);
          } catch (error) {
            expect(error).toMatchObject({ code: "SERVICE_VALUE_INVALID" });
            return;
          }
          if (kind === "schtasks") {
            const read = parseTask(renderTask(spec, { user: "pat", envFile: "C:\\state\\node.env" }));
            expect(nodeOptions(read?.args ?? [])).toEqual(words);
            return;
          }
          const text = kind === "launchd" ? renderPlist(spec, "a.b.c") : renderUnit(spec, { system: false });
          const read = kind === "launchd" ? parsePlist(text)?.facts : parseUnit(text).facts;
          expect(read && sameFacts(read, factsOfSpec(spec))).toBe(true);
          expect(nodeOptions(read?.args ?? [])).toEqual(words);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is a unit that says nothing of a gateway, and no secret", () => {
    const text = renderUnit(nodeSpec(), {
      system: false,
      secretsFile: "/home/pat/.openclaw/node-service.env",
    });
    expect(text).toContain(
      'openclaw.js node run --url wss://gateway.lan:18789 --display-name "the workshop" --share "/srv/a b"\n',
    );
    expect(text).toContain("Description=OpenClaw Node (profile: default");
    expect(text).toContain("Type=simple\n");
    expect(text).toContain("EnvironmentFile=/home/pat/.openclaw/node-service.env\n");
    expect(text).toContain("OPENCLAW_SERVICE_KIND=node");
    expect(text).not.toMatch(/GATEWAY_PORT|SERVICE_MARKER|gateway install|tok-1234567890/);
  });

  it("has names of its own for each profile, which no gateway has", () => {
    expect(serviceNames("default", "node")).toEqual({
      label: "ai.openclaw.gateway.node",
      unit: "openclaw-node.service",
      task: "OpenClaw Node",
    });
    for (const profile of ["default", "work", "node", "gateway"]) {
      const { label, unit, task } = serviceNames(profile, "node");
      expect([classifyLabel(label), classifyUnit(unit), classifyTask(task)]).toEqual([null, null, null]);
      for (const other of ["default", "work", "node"])
        expect(Object.values(serviceNames(other))).not.toContain(unit);
    }
  });

  it("differs in what it is told, and is mended by its own command", () => {
    const now = nodeSpec({ profile: "work", node: { options: ["--url", "wss://other.lan", "--no-shares"] } });
    const drift = findDrift(factsOfSpec(nodeSpec({ profile: "work" })), now, {
      token: null,
      password: null,
      system: false,
    });
    expect(drift).toMatchObject([
      { what: "options", repair: "openclaw --profile work node install --force" },
    ]);
    expect(drift[0]?.message).toContain("wss://other.lan");
    const same = { token: null, password: null, system: false };
    expect(findDrift(factsOfSpec(nodeSpec()), nodeSpec(), same)).toEqual([]);
  });

  it("is no gateway to the gateway's own service, in any folder", async () => {
    const folder = join(machine.home, ".config", "systemd", "user");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "openclaw-node.service"), renderUnit(nodeSpec(), { system: false }));
    const about = { profile: "default", stateDir: machine.stateDir };
    expect(await resolveGatewayService(machine.host, about).scan()).toEqual([]);
    expect(await resolveGatewayService(machine.host, about).inspect()).toMatchObject({ installed: false });
    expect(await resolveNodeService(machine.host, about).inspect()).toMatchObject({ installed: true });
  });

  it("that is missing names its own command", async () => {
    const about = { profile: "default", stateDir: machine.stateDir };
    await expect(resolveNodeService(machine.host, about).start()).rejects.toMatchObject({
      code: "SERVICE_NOT_INSTALLED",
      hint: "openclaw node install",
    });
    await expect(
      resolveNodeService(machine.host, about).install(nodeSpec(), { start: true }),
    ).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      hint: expect.stringContaining("`openclaw node run`") as string,
    });
  });
});

describe("a node host in the task scheduler", () => {
  beforeEach(() => (machine = createTestMachine("win32")));

  it("lives beside the gateway's task, with files of its own", async () => {
    const schtasks = installFakeManager(machine.bin, "schtasks.exe");
    const about = { profile: "default", stateDir: machine.stateDir };
    const gateway = resolveGatewayService(machine.host, about);
    const node = resolveNodeService(machine.host, about);
    await gateway.install(machine.spec(), { start: true });
    const token = new Secret("node-token-1234");
    await node.install(nodeSpec({ secrets: { OPENCLAW_GATEWAY_TOKEN: token } }), { start: true });
    expect(Object.keys(schtasks.read().jobs).sort()).toEqual(["OpenClaw Gateway", "OpenClaw Node"]);
    const secrets = join(machine.stateDir, "node-service.env");
    expect(readFileSync(secrets, "utf8")).toContain("OPENCLAW_GATEWAY_TOKEN='node-token-1234'");
    expect(statSync(secrets).mode & 0o777).toBe(0o600);
    const state = await node.inspect();
    expect(state).toMatchObject({ installed: true, runtime: "running" });
    expect(nodeOptions(state.facts?.args ?? [])).toEqual(options);
    expect((await gateway.scan()).map(({ name, status }) => `${name} ${status}`)).toEqual([
      "OpenClaw Gateway current",
    ]);
    await node.uninstall();
    expect(Object.keys(schtasks.read().jobs)).toEqual(["OpenClaw Gateway"]);
    expect([existsSync(secrets), existsSync(join(machine.stateDir, "service.env"))]).toEqual([false, true]);
  });
});
