// Faults of an installation, each put into one that was healthy.
import { chmodSync, mkdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { RepairLevel } from "../../src/doctor/contract.ts";
import { rememberCheck } from "../../src/update/index.ts";
import { gib, goodLine, type DoctorHome } from "./doctor-home.ts";

export type Settings = NonNullable<Parameters<DoctorHome["doctor"]>[0]>;

export interface Fault {
  inject(home: DoctorHome): void;
  /** Part of what the finding says. */
  says: RegExp;
  /** The level that mends it; absent where a person has to. */
  mendedBy?: RepairLevel;
  options?: Settings;
  /** A gateway runs on this state. */
  running?: boolean;
  /** Services are looked at, on a Linux whose home is the temporary one and that has no systemctl. */
  onMachine?: boolean;
  /** What is different about that machine. */
  host?: Partial<NonNullable<Settings["service"]>["host"]>;
}

const unit = (home: DoctorHome, name: string, args: string) => {
  const folder = join(home.home, ".config", "systemd", "user");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, name),
    `[Service]\nExecStart=/usr/bin/node /opt/openclaw/bin/openclaw.js gateway ${args}\nRestart=always\n`,
  );
};

const set = (path: string, value: unknown) => (home: DoctorHome) =>
  home.config((config) => {
    const names = path.split(".");
    let at = config;
    for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>;
    at[names.at(-1) ?? ""] = value;
  });
const all =
  (...steps: Array<(home: DoctorHome) => void>) =>
  (home: DoctorHome) =>
    steps.forEach((step) => step(home));
const nothing = () => {};
const sql = (home: DoctorHome, text: string) => {
  const db = new DatabaseSync(home.paths.ledgerPath);
  db.exec(text);
  db.close();
};
const deadPid = 4_194_303;
const day = 24 * 3600 * 1000;

/** What can be wrong, by the check that finds it. */
export const faults: Record<string, Fault> = {
  "config-invalid": {
    inject: set("gateway.port", "many"),
    says: /gateway\.port: expected/,
    mendedBy: "forced",
  },
  "config-legacy": {
    inject: all(
      set("gateway.customBind", "127.0.0.1"),
      set("gateway.tailscale", { serve: true }),
      set("channels.webhook", { dm: { policy: "pairing" } }),
    ),
    says: /customBindHost.*channels\.webhook\.dm/s,
    mendedBy: "safe",
  },
  "config-unknown": {
    inject: set("gateway.prot", 1),
    says: /did you mean gateway\.port/,
    mendedBy: "forced",
  },
  "config-warnings": { inject: set("talk.apiKey", "${NOT_SET_ANYWHERE}"), says: /NOT_SET_ANYWHERE/ },
  "gateway-mode": { inject: set("gateway.mode", undefined), says: /will not start/, mendedBy: "recommended" },
  "gateway-token": { inject: set("gateway.auth", {}), says: /token is not set/, mendedBy: "recommended" },
  "state-dir": { inject: ({ paths }) => chmodSync(paths.stateDir, 0o500), says: /0500/, mendedBy: "safe" },
  "directory-modes": {
    inject: ({ paths }) =>
      all(
        () => chmodSync(paths.stateDir, 0o755),
        () => chmodSync(paths.agentsDir, 0o750),
      )({} as DoctorHome),
    says: /0755.*0750/,
    mendedBy: "safe",
  },
  "secret-modes": {
    inject: (home) => {
      chmodSync(home.paths.configPath, 0o644);
      home.write(".env", "A=b\n", 0o640);
    },
    says: /openclaw\.json \(0644\).*\.env \(0640\)/,
    mendedBy: "safe",
  },
  leftovers: {
    inject: (home) => {
      home.write(`gateway.${deadPid}.lock`, "{}");
      home.write(`.openclaw.json.${deadPid}.0a0b0c.tmp`, "half");
    },
    says: /gateway\.4194303\.lock/,
    mendedBy: "safe",
  },
  "update-available": {
    inject: (home) =>
      rememberCheck(home.paths.stateDir, {
        latest: "2026.12.1",
        channel: "latest",
        at: home.clock.now() - 2 * day,
      }),
    says: /2026\.12\.1 was published .* 2 days ago; this is 2026\.11\.21/,
  },
  "restore-leftovers": {
    inject: ({ paths }) => {
      const staged = `${paths.stateDir}.restore-0123456789ab`;
      mkdirSync(staged);
      utimesSync(staged, 1, 1);
      mkdirSync(`${paths.stateDir}.before-restore-2026-11-20T10-00-00-000Z`);
    },
    says: /restore-0123456789ab is half a backup.*before-restore-2026-11-20/s,
  },
  "older-layout": {
    inject: ({ home }) => {
      mkdirSync(join(home, ".clawdbot"));
      writeFileSync(join(home, ".clawdbot", "clawdbot.json"), "{}");
    },
    says: /\.clawdbot holds state of an older program/,
  },
  "login-names": {
    inject: all(set("auth.order", { anthropic: ["anthropic:claude-cli", "anthropic:work"] }), (home) =>
      home.write(
        "agents/main/agent/auth-profiles.json",
        JSON.stringify({
          version: 1,
          profiles: {
            anthropic: { type: "oauth", provider: "anthropic", access: "a" },
            "openai-codex:codex-cli": { type: "oauth", provider: "openai-codex", access: "b" },
            "anthropic:work": { type: "token", provider: "anthropic", token: "c" },
          },
          order: { anthropic: ["anthropic", "anthropic:work"], "openai-codex": ["openai-codex:codex-cli"] },
          lastGood: { anthropic: "anthropic" },
          usageStats: { anthropic: { errorCount: 1 }, "openai-codex:codex-cli": {} },
        }),
      ),
    ),
    says: /anthropic should be called anthropic:default, openai-codex:codex-cli belongs.*auth\.order\.anthropic/s,
    mendedBy: "recommended",
  },
  wsl: {
    inject: nothing,
    says: /Ubuntu has no service manager/,
    onMachine: true,
    host: { wsl: "Ubuntu", systemdBooted: false },
  },
  "default-agent": {
    inject: (home) => {
      rmSync(join(home.paths.agentsDir, "default"));
      home.write("agents/default/sessions/main.jsonl", `${goodLine("x", "old")}\n`);
      home.write("agents/default/sessions/other.jsonl", `${goodLine("y", "old")}\n`);
    },
    says: /agents\/default/,
    mendedBy: "recommended",
  },
  transcripts: {
    inject: (home) =>
      home.write(
        "agents/main/sessions/main.jsonl",
        `${goodLine("a", "one")}\n{"id":"t","ro${goodLine("b", "two")}\n\0\0\0\n${goodLine("c", "three")}\n{"torn`,
      ),
    says: /lines 2, 3, 5 \(1 entries/,
    mendedBy: "recommended",
  },
  "session-store": {
    inject: (home) => home.write("agents/main/session-store.json", '{"agent:main'),
    says: /not a JSON object/,
    mendedBy: "recommended",
  },
  ledger: { inject: ({ paths }) => truncateSync(paths.ledgerPath, 5000), says: /ledger\.sqlite: / },
  "transcripts-missing": {
    inject: (home) =>
      sql(
        home,
        `INSERT INTO sessions (key, agent_id, session_id, created_at, updated_at, usage)
           VALUES ('agent:main:gone', 'main', 's1', 1, ${home.clock.now()}, '{"total":5}');
         INSERT INTO transcripts (session_id, session_key, agent_id, file) VALUES ('s1', 'agent:main:gone', 'main', 'gone.jsonl');`,
      ),
    says: /agent:main:gone/,
  },
  "main-session": {
    inject: (home) => home.write("agents/main/sessions/main.jsonl", `${goodLine("a", "one")}\n`),
    says: /one line only/,
  },
  "model-logins": {
    inject: set("agents.defaults.model", "anthropic/some-model"),
    says: /no login for anthropic/,
  },
  "logins-expired": {
    inject: all(set("agents.defaults.model", "anthropic/some-model"), (home) =>
      home.write(
        "credentials/auth-profiles.json",
        JSON.stringify({
          profiles: {
            "anthropic:old": { type: "token", provider: "anthropic", token: "t".repeat(20), expires: 1000 },
          },
        }),
      ),
    ),
    says: /anthropic:old expired 1970/,
  },
  "login-files": {
    inject: (home) => home.write("credentials/openai.default.json", "{torn"),
    says: /openai\.default\.json/,
    mendedBy: "forced",
  },
  "plain-logins": {
    inject: (home) =>
      home.write("credentials/oauth.json", JSON.stringify({ openai: { access: "a".repeat(30) } })),
    says: /oauth\.json/,
  },
  "workspace-files": {
    inject: ({ paths }) => rmSync(join(paths.defaultWorkspaceDir, "MEMORY.md")),
    says: /lacks MEMORY\.md/,
    mendedBy: "recommended",
  },
  "workspace-backup": {
    inject: ({ paths }) => rmSync(join(paths.defaultWorkspaceDir, ".git"), { recursive: true }),
    says: /not a git repository/,
  },
  "other-state-dirs": {
    inject: ({ home }) => {
      mkdirSync(join(home, "openclaw"));
      writeFileSync(join(home, "openclaw", "openclaw.json"), "{}");
    },
    says: /openclaw exists beside/,
  },
  "disk-space": { inject: nothing, options: { machine: { freeBytes: () => gib / 2 } }, says: /512 MB free/ },
  "log-size": { inject: set("logging.retainDays", 0), says: /retainDays is 0/ },
  memory: {
    inject: nothing,
    options: { env: { NODE_OPTIONS: "--max-old-space-size=2048" }, machine: { totalMemoryBytes: gib } },
    says: /2048 MB of 1024 MB/,
  },
  runtime: { inject: nothing, options: { machine: { nodeVersion: "20.19.0" } }, says: /Node 20\.19\.0/ },
  "sandbox-backend": {
    inject: all(
      set("agents.defaults.sandbox.mode", "all"),
      set("agents.defaults.sandbox.docker.network", "bridge"),
      set("agents.defaults.sandbox.backend", "bubblewrap"),
    ),
    says: /bubblewrap can only give a sandbox no network/,
  },
  "browser-program": {
    inject: all(set("browser.enabled", true), set("browser.executablePath", "/nowhere/chromium")),
    says: /"\/nowhere\/chromium" is no program/,
  },
  port: {
    inject: nothing,
    options: { machine: { portOwner: (port) => Promise.resolve(port === 18789 ? "node (pid 7)" : null) } },
    says: /port 18789 is used by node \(pid 7\)/,
  },
  "service-drift": {
    inject: (home) => unit(home, "openclaw-gateway.service", "--port 19999"),
    says: /listens on port 19999; the configuration says 18789/,
    mendedBy: "forced",
    onMachine: true,
  },
  "service-down": {
    inject: (home) => unit(home, "openclaw-gateway.service", ""),
    says: /openclaw-gateway\.service: /,
    onMachine: true,
  },
  "service-linger": {
    inject: (home) => unit(home, "openclaw-gateway.service", ""),
    says: /lingering is off/,
    onMachine: true,
  },
  "other-services": {
    inject: (home) => unit(home, "clawdbot-gateway.service", ""),
    options: { wants: { deep: true } },
    says: /clawdbot-gateway\.service/,
    onMachine: true,
  },
  "sentinel-timer": {
    inject: all((home) => unit(home, "openclaw-gateway.service", ""), set("sentinel.command", ["/bin/true"])),
    says: /no timer is installed \(.*openclaw-sentinel\.timer\)/,
    onMachine: true,
  },
  "backup-schedule": {
    inject: all(set("backup.every", "1d"), (home) =>
      home.write(
        "backup-schedule.json",
        JSON.stringify({
          schedule: "every 1d",
          dueAt: 1,
          staleAt: 2,
          last: null,
          failure: null,
          archives: [],
        }),
      ),
    ),
    says: /due since 1970-01-01T00:00:00\.001Z; the last one: never/,
  },
  "gateway-health": {
    inject: nothing,
    running: true,
    options: { ask: () => Promise.reject(new Error("no answer in 2 s")) },
    says: /no answer in 2 s/,
  },
  "gateway-version": {
    inject: nothing,
    running: true,
    options: { version: "2027.1.1", ask: () => Promise.resolve({}) },
    says: /this command 2027\.1\.1/,
  },
  channels: {
    inject: nothing,
    running: true,
    options: {
      ask: (method) =>
        Promise.resolve(
          method === "channels.status"
            ? { channelAccounts: { telegram: [{ accountId: "default", running: false, lastError: "401" }] } }
            : {},
        ),
    },
    says: /telegram \(default\): 401/,
  },
  "exposed-without-auth": {
    inject: all(set("gateway.bind", "lan"), set("gateway.auth", { mode: "off" })),
    says: /bind is lan/,
  },
  "auth-off": { inject: set("gateway.auth.mode", "off"), says: /mode is off/ },
  "weak-token": { inject: set("gateway.auth.token", "hunter2"), says: /7 characters/ },
  "hooks-token": {
    inject: (home) => all(set("hooks.enabled", true), set("hooks.token", home.token))(home),
    says: /equals gateway\.auth/,
  },
  "insecure-ui-auth": { inject: set("gateway.controlUi.allowInsecureAuth", true), says: /allowInsecureAuth/ },
  "device-auth-off": {
    inject: set("gateway.controlUi.dangerouslyDisableDeviceAuth", true),
    says: /dangerouslyDisableDeviceAuth/,
  },
  "any-origin": { inject: set("gateway.controlUi.allowedOrigins", ["*"]), says: /\["\*"\]/ },
  "funnel-without-password": { inject: set("gateway.tailscale.mode", "funnel"), says: /mode is funnel/ },
  "any-proxy": { inject: set("gateway.trustedProxies", ["0.0.0.0/0"]), says: /0\.0\.0\.0\/0/ },
  "serve-beside-proxy": {
    inject: all(set("gateway.tailscale.mode", "serve"), set("gateway.trustedProxies", ["127.0.0.1"])),
    says: /trustedProxies holds 127\.0\.0\.1/,
  },
  "open-without-tls": { inject: set("gateway.bind", "lan"), says: /gateway\.tls is off/ },
  "http-endpoints-open": { inject: set("gateway.bind", "lan"), says: /chatCompletions/ },
  "stale-devices": {
    inject: (home) => {
      const then = home.clock.now() - 100 * day;
      const tokens = { operator: { role: "operator", createdAtMs: then, lastUsedAtMs: then } };
      home.write(
        "devices/paired.json",
        JSON.stringify({ d1: { deviceId: "d1", scopes: ["operator.admin"], tokens, approvedAtMs: then } }),
      );
    },
    says: /operator\.admin, last used/,
  },
  "dm-open": {
    inject: set("channels.webhook", { dmPolicy: "open", allowFrom: ["*"] }),
    says: /dmPolicy is open/,
    mendedBy: "tighten",
  },
  "group-open": {
    inject: set("channels.webhook", { groupPolicy: "open", requireMention: false }),
    says: /requireMention is false/,
    mendedBy: "tighten",
  },
  "elevated-for-all": {
    inject: set("tools.exec.elevated.enabled", true),
    says: /without allowFrom/,
    mendedBy: "tighten",
  },
  "exec-without-asking": { inject: set("tools.exec", { security: "full", ask: "off" }), says: /ask is off/ },
  "no-sandbox": { inject: set("channels.webhook", { groupPolicy: "open" }), says: /sandbox off for main/ },
  "files-outside-workspace": { inject: set("tools.fs.workspaceOnly", false), says: /workspaceOnly/ },
  "browser-reach": {
    inject: set("browser", { enabled: true, allowPrivateOrigins: ["http://127.0.0.1:18789"] }),
    says: /every page may ask this gateway/,
  },
  "redaction-off": { inject: set("logging.redactSensitive", "off"), says: /is off/, mendedBy: "tighten" },
  "synced-folder": {
    inject: nothing,
    options: {},
    says: /synchronised/,
  },
  "secrets-in-config": {
    inject: set("channels.webhook.secret", "s".repeat(20)),
    says: /channels\.webhook\.secret/,
  },
  "running-otherwise": { inject: nothing, running: true, says: /listens on 127\.0\.0\.1:45123/ },
  "running-open": {
    inject: nothing,
    running: true,
    options: {
      wants: { deep: true },
      strangerGetsIn: () => Promise.resolve({ scopes: ["operator.admin"] }),
    },
    says: /without any secret.*operator\.admin/,
  },
};
