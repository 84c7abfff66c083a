import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestMachine, type TestMachine } from "../../test/support/service-host.ts";
import { Secret } from "../core/secret.ts";
import type { ServiceSpec } from "./contract.ts";
import { factsOfSpec } from "./definition.ts";
import { findDrift, sameFacts } from "./drift.ts";
import { renderEnvFile, parseEnvFile } from "./env-file.ts";
import { checkSpec } from "./grammar.ts";
import { classifyLabel, classifyUnit, serviceNames } from "./names.ts";
import { parsePlist, readPlist, renderPlist } from "./plist.ts";
import { systemdSupervisor } from "./systemd.ts";
import { parseUnit, renderUnit } from "./systemd-unit.ts";
import { parseTask, renderTask } from "./task-xml.ts";

let machine: TestMachine;
beforeEach(() => (machine = createTestMachine("linux")));
afterEach(() => machine.remove());

const wild = fc.string({ unit: "grapheme", maxLength: 30 });
const nasty = fc.constantFrom(
  "\n",
  "\r",
  "\0",
  '"',
  "'",
  "%",
  "$",
  "\\",
  " ",
  "&",
  "<",
  "]]>",
  ";",
  "#",
  "\u2028",
  "é",
  "-",
  "=",
);
const anyText = fc.array(fc.oneof(wild, nasty), { maxLength: 6 }).map((parts) => parts.join(""));

/** Whatever comes in, a definition is refused or says exactly what the spec says. */
function holds(kind: "systemd-user" | "launchd" | "schtasks", spec: ServiceSpec): void {
  try {
    checkSpec(spec, kind);
  } catch (error) {
    expect(error).toMatchObject({ code: "SERVICE_VALUE_INVALID" });
    return;
  }
  if (kind === "launchd") {
    const read = parsePlist(renderPlist(spec, "ai.openclaw.x"));
    expect(read?.label).toBe("ai.openclaw.x");
    expect(read && sameFacts(read.facts, factsOfSpec(spec))).toBe(true);
  } else if (kind === "systemd-user") {
    const text = renderUnit({ ...spec, secrets: {} }, { system: false });
    expect(sameFacts(parseUnit(text).facts, factsOfSpec({ ...spec, secrets: {} }))).toBe(true);
    // No directive but the known ones, each on its own line.
    for (const line of text.split("\n"))
      expect(line).toMatch(/^(?:[A-Z][A-Za-z]+=.*|\[[A-Z][a-z]+\]|#.*|)$/s);
    expect(text.match(/^ExecStart/gm)).toHaveLength(1);
  } else {
    const facts = parseTask(renderTask(spec, { user: "pat", envFile: "C:\\state\\service.env" }));
    expect(facts?.args).toEqual(factsOfSpec(spec).args);
  }
}

describe("definitions", () => {
  it("say what the spec says, or are refused: any path, variable and secret", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("systemd-user" as const, "launchd" as const, "schtasks" as const),
        fc.record({
          path: anyText,
          variable: anyText,
          secret: anyText,
          profile: fc.oneof(fc.constant("work"), anyText),
        }),
        (kind, { path, variable, secret, profile }) => {
          holds(kind, {
            ...machine.spec(),
            profile,
            stateDir: `/home/pat/${path}`,
            script: `/opt/${path}/openclaw.js`,
            environment: { PATH: "/usr/bin", NODE_OPTIONS: variable },
            secrets: { OPENCLAW_GATEWAY_TOKEN: new Secret(secret) },
          });
        },
      ),
      { numRuns: 400 },
    );
  });

  it("accept the paths people really have", () => {
    for (const dir of ["/home/pat m/.openclaw", "/srv/100%/bot", "/Users/josé/.openclaw", "/opt/a&b<c>"])
      for (const kind of ["systemd-user", "launchd"] as const) {
        checkSpec(machine.spec({ stateDir: dir }), kind);
        holds(kind, machine.spec({ stateDir: dir }));
      }
    checkSpec(
      machine.spec({
        stateDir: "C:\\Users\\Pat M\\.openclaw",
        configPath: "C:\\c.json",
        logsDir: "C:\\l",
        runtime: { kind: "node", path: "C:\\Program Files\\nodejs\\node.exe" },
      }),
      "schtasks",
    );
  });

  it("never quote a secret when they refuse it", () => {
    const spec = machine.spec({ secrets: { OPENCLAW_GATEWAY_TOKEN: new Secret("se'cret value") } });
    expect(() => checkSpec(spec, "launchd")).toThrow(/OPENCLAW_GATEWAY_TOKEN has characters/);
    expect(() => checkSpec(spec, "launchd")).not.toThrow(/se'cret/);
  });

  it("the file of secrets reads back", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!#-&(-[\]-_a-~]{1,60}$/), (value) => {
        expect(parseEnvFile(renderEnvFile([["OPENCLAW_GATEWAY_TOKEN", value]]))).toEqual({
          OPENCLAW_GATEWAY_TOKEN: value,
        });
      }),
    );
  });

  it("the system unit runs as its account and holds no secret", () => {
    const spec = machine.spec({ account: { user: "openclaw", group: "bots" } });
    const text = renderUnit(spec, { system: true, secretsFile: "/etc/openclaw/openclaw-gateway.env" });
    expect(text).toContain("User=openclaw\nGroup=bots\n");
    expect(text).toContain("EnvironmentFile=/etc/openclaw/openclaw-gateway.env\n");
    expect(text).toContain("WantedBy=multi-user.target");
    // The test's state directory is in /tmp, which a private one would hide.
    expect(text.includes("PrivateTmp")).toBe(!machine.stateDir.startsWith("/tmp/"));
    const elsewhere = { ...spec, stateDir: "/var/lib/bot", configPath: "/etc/bot.json" };
    expect(renderUnit(elsewhere, { system: true })).toContain("PrivateTmp=yes");
    expect(text).not.toContain("tok-1234567890");
  });

  it("the property list is one by Apple's rules", () => {
    const dictionary = readPlist(renderPlist(machine.spec(), "ai.openclaw.gateway"));
    expect(dictionary).toMatchObject({ Label: "ai.openclaw.gateway", KeepAlive: true, RunAtLoad: true });
    for (const broken of [
      "",
      "<plist><dict><key>a</key></dict></plist>",
      "<plist><dict><string>a</string></dict></plist>",
      '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><plist><dict/></plist>',
      "<plist><dict><key>a</key><string>&x;</string></dict></plist>",
      "<plist><dict></plist></dict>",
    ])
      expect(readPlist(broken)).toBeNull();
  });
});

describe("reading what others wrote", () => {
  it("a unit edited by hand: quotes, several assignments, resets, continued lines, files", () => {
    const file = join(machine.home, "my.env");
    writeFileSync(file, '# mine\nexport OPENCLAW_GATEWAY_TOKEN="from file"\n');
    const { facts } = parseUnit(`; comment
[Service]
Environment=OPENCLAW_GATEWAY_PORT=1 DROPPED=1
Environment=
Environment='OPENCLAW_STATE_DIR=/home/pat/my state' "OPENCLAW_CONFIG_PATH=/etc/100%%.json"
EnvironmentFile=-/nonexistent/optional
EnvironmentFile=${file}
ExecStart=/usr/local/bin/openclaw gateway \\
# between
  --port=19005
User=pat
[Other]
ExecStart=/bin/false
`);
    expect(facts).toMatchObject({
      args: ["/usr/local/bin/openclaw", "gateway", "--port=19005"],
      runtime: null,
      script: "/usr/local/bin/openclaw",
      port: 19005,
      stateDir: "/home/pat/my state",
      configPath: "/etc/100%.json",
      account: "pat",
      marked: false,
      problems: [],
    });
    expect(facts.token?.reveal()).toBe("from file");
  });

  it("says what is broken instead of failing", () => {
    expect(parseUnit("[Service]\nExecStart=").facts.problems).toEqual(["no ExecStart="]);
    expect(parseUnit('[Service]\nExecStart="/bin/x\nEnvironmentFile=/nonexistent/f').facts.problems).toEqual([
      "/nonexistent/f is missing",
      "a quote is not closed",
    ]);
    expect(parsePlist("bplist00")).toBeNull();
    expect(parseTask("<Task")).toBeNull();
    fc.assert(fc.property(anyText, (text) => void [parseUnit(text), parsePlist(text), parseTask(text)]));
  });

  it("a plist with Program, as the documents show it", () => {
    const facts =
      parsePlist(`<?xml version="1.0"?><plist version="1.0"><dict><key>Label</key><string>bot.molt.gateway</string>
      <key>Program</key><string>/usr/local/bin/openclaw</string>
      <key>ProgramArguments</key><array><string>openclaw</string><string>gateway</string></array></dict></plist>`)?.facts;
    expect(facts).toMatchObject({
      args: ["/usr/local/bin/openclaw", "gateway"],
      script: "/usr/local/bin/openclaw",
      port: null,
    });
  });
});

describe("drift", () => {
  const configured = { token: new Secret("tok-1234567890"), password: null, system: false };

  it("none between a definition and its spec", () => {
    expect(findDrift(factsOfSpec(machine.spec()), machine.spec(), configured)).toEqual([]);
  });

  it("names each difference and the one command that mends it", () => {
    const installed = factsOfSpec(
      machine.spec({
        port: 19000,
        version: "2026.1.29",
        stateDir: "/old",
        configPath: "/old/openclaw.json",
        runtime: { kind: "node", path: "/old/node" },
        secrets: { OPENCLAW_GATEWAY_TOKEN: new Secret("another-token") },
      }),
    );
    const drift = findDrift(installed, machine.spec({ profile: "default", secrets: {} }), configured);
    expect(drift.map(({ what }) => what)).toEqual([
      "port",
      "stateDir",
      "configPath",
      "runtime",
      "version",
      "token",
    ]);
    expect(new Set(drift.map(({ repair }) => repair))).toEqual(new Set(["openclaw gateway install --force"]));
    expect(JSON.stringify(drift)).not.toMatch(/another-token|tok-1234/);
    expect(drift[0]?.message).toBe("the service listens on port 19000; the configuration says 18789");
  });
});

describe("names", () => {
  it("follow the profile, and tell ours from older and foreign ones", () => {
    expect(serviceNames("default")).toEqual({
      label: "ai.openclaw.gateway",
      unit: "openclaw-gateway.service",
      task: "OpenClaw Gateway",
    });
    expect(serviceNames("rescue")).toEqual({
      label: "ai.openclaw.rescue",
      unit: "openclaw-gateway-rescue.service",
      task: "OpenClaw Gateway (rescue)",
    });
    expect(serviceNames("main").unit).toBe("openclaw-gateway-main.service");
    expect(
      [
        "openclaw-gateway.service",
        "openclaw-gateway-rescue.service",
        "clawdbot.service",
        "moltbot-gateway.service",
        "clawdbot-gateway-x.service",
        "openclaw.service",
        "nginx.service",
        "myopenclaw.service",
        "openclaw-node.service",
      ].map((unit) => classifyUnit(unit)?.kind ?? null),
    ).toEqual(["ours", "ours", "legacy", "legacy", "legacy", "legacy", null, null, null]);
    expect(
      ["ai.openclaw.gateway", "bot.molt.main", "com.openclaw.gateway", "com.example.openclaw"].map(
        (label) => classifyLabel(label)?.kind ?? null,
      ),
    ).toEqual(["ours", "legacy", "legacy", null]);
  });
});

describe("systemd without a manager to talk to", () => {
  const service = (change: object = {}) =>
    systemdSupervisor(
      { ...machine.host, ...change },
      { profile: "default", stateDir: machine.stateDir, system: false, dry: false },
    );

  it("says so with the way out, and installs nothing", async () => {
    await expect(service().install(machine.spec(), { start: true })).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      message: expect.stringContaining("systemd does not run on this machine") as string,
    });
    await expect(service({ wsl: "Ubuntu" }).install(machine.spec(), { start: true })).rejects.toMatchObject({
      hint: expect.stringContaining("/etc/wsl.conf") as string,
    });
    const noLinger = join(machine.bin, "loginctl");
    mkdirSync(machine.bin);
    writeFileSync(noLinger, "#!/bin/sh\necho Access denied >&2\nexit 1\n");
    chmodSync(noLinger, 0o755);
    await expect(
      service({ systemdBooted: true }).install(machine.spec(), { start: true }),
    ).rejects.toMatchObject({
      message: "there is no user systemd for pat: no login session, and lingering is off",
      hint: expect.stringContaining("sudo loginctl enable-linger pat") as string,
    });
    expect(() => readFileSync(service().definitionPath)).toThrow(/ENOENT/);
  });

  it("a system service is changed by root only", async () => {
    const system = systemdSupervisor(machine.host, {
      profile: "default",
      stateDir: machine.stateDir,
      system: true,
      dry: false,
    });
    await expect(system.install(machine.spec(), { start: true })).rejects.toMatchObject({
      code: "SERVICE_DENIED",
    });
  });

  it("still reads and lists what is installed", async () => {
    const folder = join(machine.home, ".config", "systemd", "user");
    mkdirSync(folder, { recursive: true });
    const text = renderUnit(machine.spec({ secrets: {} }), { system: false });
    writeFileSync(join(folder, "openclaw-gateway.service"), text);
    writeFileSync(join(folder, "clawdbot-gateway.service"), text);
    writeFileSync(join(folder, "mine.service"), text.replaceAll(machine.stateDir, "/srv/bot"));
    writeFileSync(join(folder, "other.service"), "[Service]\nExecStart=/bin/true\n");
    expect(await service().inspect()).toMatchObject({
      installed: true,
      runtime: "unknown",
      facts: { port: 18789 },
    });
    expect((await service().scan()).map(({ name, status }) => `${name} ${status}`)).toEqual([
      "clawdbot-gateway.service legacy",
      "mine.service extra",
      "openclaw-gateway.service current",
    ]);
  });
});
