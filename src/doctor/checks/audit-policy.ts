import { dirname } from "node:path";
import { configuredAgents } from "../../config/index.ts";
import { isObject } from "../../core/json.ts";
import type { Check, CheckContext } from "../contract.ts";
import { secretPathsIn } from "../mask.ts";
import { rule, type Violation } from "./audit-rule.ts";

interface Door {
  /** `channels.telegram` or `channels.telegram.accounts.work` */
  path: string;
  settings: Record<string, unknown>;
}

/** Channels and their accounts that are switched on. */
function doors({ config }: CheckContext): Door[] {
  return Object.entries(config.config.channels).flatMap(([name, channel]) => {
    if (!isObject(channel) || channel["enabled"] === false) return [];
    const accounts = isObject(channel["accounts"]) ? Object.entries(channel["accounts"]) : [];
    return [
      { path: `channels.${name}`, settings: channel },
      ...accounts.flatMap(([id, settings]) =>
        isObject(settings) && settings["enabled"] !== false
          ? [{ path: `channels.${name}.accounts.${id}`, settings }]
          : [],
      ),
    ];
  });
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];

/** SEC-002 */
const dmOpen = rule({
  id: "dm-open",
  title: "Everybody may write to the agent",
  severity: "critical",
  mends: "`security audit --fix` sets it to pairing",
  tighten: true,
  find: (context) =>
    doors(context)
      .filter(({ settings }) => settings["dmPolicy"] === "open")
      .filter(({ settings }) => {
        const allowed = textsOf(settings["allowFrom"]);
        return allowed.length === 0 || allowed.includes("*");
      })
      .map(({ path }) => ({
        evidence: `${path}.dmPolicy is open and allowFrom names nobody`,
        set: { path: `${path}.dmPolicy`, value: "pairing" },
      })),
});

/** SEC-006 */
const groupOpen = rule({
  id: "group-open",
  title: "Every group message reaches the agent",
  severity: "warning",
  mends: "`security audit --fix` asks for a mention",
  tighten: true,
  find: (context) =>
    doors(context)
      .filter(({ settings }) => settings["groupPolicy"] === "open" && settings["requireMention"] === false)
      .map(({ path }) => ({
        evidence: `${path}.groupPolicy is open and requireMention is false`,
        set: { path: `${path}.requireMention`, value: true },
      })),
});

/** SEC-007 */
const elevated = rule({
  id: "elevated-for-all",
  title: "Elevated commands without a list of who may use them",
  severity: "critical",
  mends: "`security audit --fix` switches them off; or name the senders in tools.exec.elevated.allowFrom",
  tighten: true,
  find({ config }) {
    const { enabled, allowFrom } = config.config.tools.exec.elevated;
    const lists = Object.values(allowFrom);
    const nobody = lists.every((list) => list.length === 0);
    const all = lists.some((list) => list.includes("*"));
    if (!enabled || (!nobody && !all)) return [];
    return [
      {
        evidence: all
          ? "tools.exec.elevated.allowFrom holds *"
          : "tools.exec.elevated.enabled without allowFrom",
        set: { path: "tools.exec.elevated.enabled", value: false },
      },
    ];
  },
});

const execFull = rule({
  id: "exec-without-asking",
  title: "Commands run without anybody being asked",
  severity: "warning",
  mends: "by hand: security allowlist, or ask on-miss",
  find(context) {
    const { security, ask, requireApproval } = context.config.config.tools.exec;
    if (security !== "full" || ask !== "off" || requireApproval) return [];
    return [
      {
        severity: doors(context).length > 0 ? "critical" : "warning",
        evidence: "tools.exec.security is full and tools.exec.ask is off",
        set: { path: "tools.exec.security", value: "allowlist" },
      },
    ];
  },
});

/** SEC-003, SEC-016 */
const noSandbox = rule({
  id: "no-sandbox",
  title: "Strangers' sessions run outside a sandbox",
  severity: "warning",
  mends: "by hand: `openclaw config set agents.defaults.sandbox.mode non-main`",
  find(context) {
    const open = doors(context).filter(
      ({ settings }) => settings["dmPolicy"] === "open" || settings["groupPolicy"] === "open",
    );
    const off = configuredAgents(context.config.config).filter(
      (agent) => (agent.sandbox?.mode ?? context.config.config.agents.defaults.sandbox.mode) === "off",
    );
    if (open.length === 0 || off.length === 0) return [];
    return [
      {
        evidence: `${open.map(({ path }) => path).join(", ")} open; sandbox off for ${off.map(({ id }) => id).join(", ")}`,
        set: { path: "agents.defaults.sandbox.mode", value: "non-main" },
      },
    ];
  },
});

const fsOpen = rule({
  id: "files-outside-workspace",
  title: "File tools reach beyond the workspace",
  severity: "warning",
  mends: "by hand: tools.fs.workspaceOnly true",
  find: ({ config }) =>
    config.config.tools.fs.workspaceOnly
      ? []
      : [
          {
            evidence: "tools.fs.workspaceOnly is false",
            set: { path: "tools.fs.workspaceOnly", value: true },
          },
        ],
});

const redactionOff = rule({
  id: "redaction-off",
  title: "Redaction of logs is switched off",
  severity: "info",
  mends: "`security audit --fix`; this version redacts all the same, an older one would not",
  tighten: true,
  find: ({ config }) =>
    config.config.logging.redactSensitive === "off"
      ? [
          {
            evidence: "logging.redactSensitive is off",
            set: { path: "logging.redactSensitive", value: "tools" },
          },
        ]
      : [],
});

const synced =
  /[/\\](?:Dropbox|OneDrive[^/\\]*|Google ?Drive|My Drive|iCloud ?Drive|Mobile Documents|CloudStorage|Nextcloud|ownCloud|Syncthing|Sync)(?:[/\\]|$)/i;

const syncedFolder = rule({
  id: "synced-folder",
  title: "Secrets lie in a folder that is copied elsewhere",
  severity: "warning",
  mends: "by hand: move the state directory",
  find({ paths }): Violation[] {
    const where = [paths.stateDir, dirname(paths.configPath)].find((path) => synced.test(path));
    if (where === undefined) return [];
    return [
      {
        evidence: `${where} looks like a synchronised folder; SQLite does not survive one either`,
        fix: "move it and set OPENCLAW_STATE_DIR to the new place",
        undo: "move it back",
      },
    ];
  },
});

const inlineSecrets = rule({
  id: "secrets-in-config",
  title: "Secrets of other services stand in the configuration",
  severity: "info",
  mends: "by hand: put them into .env and write ${NAME}",
  find({ config }): Violation[] {
    const places = secretPathsIn(config.parsed).filter((path) => !path.startsWith("gateway.auth."));
    if (places.length === 0) return [];
    return [
      {
        evidence: `${places.slice(0, 8).join(", ")}${places.length > 8 ? `, and ${places.length - 8} more` : ""}: the file is backed up and its versions are kept`,
        fix: 'put the value into .env in the state directory and write "${NAME}" in the file',
      },
    ];
  },
});

/** What people the agent talks to, and what it is told, could do. */
export const policyRules: readonly Check[] = [
  dmOpen,
  groupOpen,
  elevated,
  execFull,
  noSandbox,
  fsOpen,
  redactionOff,
  syncedFolder,
  inlineSecrets,
];
