import { readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { UserError, messageOf } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";
import type { ChannelManifest } from "../channels/contract.ts";
import { agentDefaults, nonOwnerPolicy, type AgentSettings } from "../agent/settings.ts";
import { profileTools, type ToolPolicyLayer } from "../agent/tools-policy.ts";
import { agentEntry, agentIds, defaultAgentId, type OpenClawConfig } from "../config/index.ts";
import type { ServerSettings } from "../gateway/settings.ts";
import type { LanePolicy } from "../ledger/contract.ts";
import { answerDeniedBy, type RunServiceSettings } from "../routing/index.ts";
import type { SessionRecord } from "../sessions/index.ts";
import type { Paths } from "../state/paths.ts";
import { groupOf } from "./access.ts";
import { replyStyle } from "./replies.ts";

/**
 * From the one configuration to what each part wants to know. Parts never see the whole configuration, so a key can
 * move without touching them, and a test can pass three values instead of a file.
 */
/** `~` is the home directory (HID-009); a relative path is taken from the state directory. */
export function expandPath(path: string, paths: Paths): string {
  if (path === "~") return paths.home;
  if (path.startsWith("~/")) return join(paths.home, path.slice(2));
  return isAbsolute(path) ? path : resolve(paths.stateDir, path);
}

export function workspaceDir(config: OpenClawConfig, paths: Paths, agentId: string): string {
  const own = agentEntry(config, agentId)?.workspace;
  if (own) return expandPath(own, paths);
  const shared = config.agents.defaults.workspace;
  const base = shared ? expandPath(shared, paths) : paths.defaultWorkspaceDir;
  // Agents beside the default one must not write into its memory.
  return agentId === defaultAgentId(config) ? base : `${base}-${agentId}`;
}

/** `record` is of the conversation, whose group may have settings of its own. */
export function agentSettings(
  config: OpenClawConfig,
  paths: Paths,
  agentId: string,
  record: SessionRecord | null = null,
): AgentSettings {
  const { defaults } = config.agents;
  const own = agentEntry(config, agentId);
  const agentTools = own?.tools ?? defaults.tools ?? {};
  const group = record === null ? null : groupOf(config, record);
  const searches = own?.memorySearch?.enabled ?? defaults.memorySearch.enabled;
  return {
    ...agentDefaults,
    agentId,
    displayName: own?.identity?.name ?? own?.name ?? null,
    instructions: group?.entry.systemPrompt ?? null,
    workspaceDir: workspaceDir(config, paths, agentId),
    managedSkillsDir: join(paths.stateDir, "skills"),
    skills: {
      disabled: Object.entries(config.skills.entries).flatMap(([name, entry]) =>
        entry.enabled === false ? [name] : [],
      ),
      given: Object.fromEntries(
        Object.entries(config.skills.entries).map(([name, entry]) => [
          name,
          { apiKey: Boolean(entry.apiKey), env: Object.keys(entry.env ?? {}) },
        ]),
      ),
      // `skills.allowBundled` is about bundled skills, of which there are none.
      allow: group?.entry.skills ?? null,
    },
    mainKey: config.session.mainKey,
    queueModeDefault: config.messages.queue.mode,
    thinkingDefault: own?.thinkingDefault ?? defaults.thinkingDefault ?? "off",
    contextTokens: defaults.contextTokens ?? null,
    timezone: defaults.userTimezone ?? null,
    maxToolRounds: defaults.maxToolRounds,
    toolTimeoutMs: defaults.toolTimeoutSeconds * 1000,
    outputCapChars: defaults.toolOutputChars,
    promptFileChars: defaults.bootstrapMaxChars,
    compaction: {
      enabled: defaults.compaction.mode !== "off",
      reserveTokens: defaults.compaction.reserveTokens,
      keepRecentTokens: defaults.compaction.keepRecentTokens,
    },
    tools: {
      // An agent's profile stands in the place of the one for all.
      global: switched(
        config,
        layer(agentTools.profile ? { ...config.tools, profile: undefined } : config.tools),
      ),
      agent: searches ? layer(agentTools) : denying(layer(agentTools), "memory_search"),
      byProvider: Object.fromEntries(
        Object.entries(config.tools.byProvider).map(([name, policy]) => [name, layer(policy)]),
      ),
      ...(group?.entry.tools
        ? { conversation: { rule: `${group.path}.tools`, policy: layer(group.entry.tools) } }
        : {}),
      sandbox: {
        global: layer(config.tools.sandbox.tools ?? {}),
        agent: layer(own?.sandbox?.tools ?? defaults.sandbox.tools ?? {}),
      },
      nonOwner: config.browser.guests ? nonOwnerPolicy : denying(nonOwnerPolicy, "browser"),
    },
  };
}

function layer(policy: {
  profile?: string | undefined;
  allow?: string[] | undefined;
  alsoAllow?: string[] | undefined;
  deny?: string[] | undefined;
}): ToolPolicyLayer {
  const profile = policy.profile === undefined ? undefined : profileTools(policy.profile);
  return {
    ...(profile === undefined ? {} : { profile: [...profile, ...(policy.alsoAllow ?? [])] }),
    ...(policy.allow === undefined ? {} : { allow: [...policy.allow, ...(policy.alsoAllow ?? [])] }),
    ...(policy.deny === undefined ? {} : { deny: policy.deny }),
  };
}

function denying(policy: ToolPolicyLayer, tool: string): ToolPolicyLayer {
  return { ...policy, deny: [...(policy.deny ?? []), tool] };
}

/** Tools with a switch of their own. */
function switched(config: OpenClawConfig, policy: ToolPolicyLayer): ToolPolicyLayer {
  return config.tools.exec.applyPatch.enabled ? policy : denying(policy, "apply_patch");
}

export function lanePolicy(config: OpenClawConfig): LanePolicy {
  const { defaults } = config.agents;
  return {
    maxConcurrent: defaults.maxConcurrent,
    maxConcurrentPerAgent: (agentId) =>
      agentEntry(config, agentId)?.maxConcurrent ?? defaults.maxConcurrentPerAgent,
    leaseMs: config.ledger.leaseSeconds * 1000,
    maxAttempts: config.ledger.maxAttempts,
    detailDays: config.ledger.retainDays,
    defaultTimeoutMs: defaults.timeoutSeconds * 1000,
    maxQueuedPerSession: config.messages.queue.cap,
  };
}

export function runServiceSettings(
  config: OpenClawConfig,
  catalog?: readonly ChannelManifest[],
): RunServiceSettings {
  return {
    defaultAgentId: defaultAgentId(config),
    mainKey: config.session.mainKey,
    queueMode: config.messages.queue.mode,
    queueModeByChannel: config.messages.queue.byChannel,
    replyStyle: (target) => replyStyle(config, target, catalog),
    answerDeniedBy: (place) => answerDeniedBy(config.session.sendPolicy, place),
    resetTriggers: config.session.resetTriggers.map((words) => words.trim().toLowerCase()),
    leaseMs: config.ledger.leaseSeconds * 1000,
    agentIds: () => agentIds(config),
  };
}

/** @throws UserError TLS_FILE when TLS is on and a file of it cannot be read. */
export function serverSettings(config: OpenClawConfig, paths: Paths, tailscaleIp?: string): ServerSettings {
  const { gateway } = config;
  const secretOf = (value: string | undefined) => (value ? new Secret(value) : null);
  return {
    bind: gateway.bind,
    customBindHost: gateway.customBindHost,
    tailscaleIp,
    tailscaleMode: gateway.tailscale.mode,
    port: gateway.port,
    auth: {
      mode: gateway.auth.mode,
      token: secretOf(gateway.auth.token),
      password: secretOf(gateway.auth.password),
      allowTailscale: gateway.auth.allowTailscale,
    },
    tls: gateway.tls.enabled
      ? {
          cert: pem("gateway.tls.cert", gateway.tls.cert, paths),
          key: pem("gateway.tls.key", gateway.tls.key, paths),
          ca: gateway.tls.ca ? pem("gateway.tls.ca", gateway.tls.ca, paths) : undefined,
          minVersion: gateway.tls.minVersion,
        }
      : null,
    trustedProxies: gateway.trustedProxies,
    allowedOrigins: gateway.controlUi.allowedOrigins,
    allowedHosts: gateway.allowedHosts,
    controlUi: {
      enabled: gateway.controlUi.enabled,
      basePath: gateway.controlUi.basePath,
      foreign: gateway.controlUi.root !== "",
      allowInsecureAuth: gateway.controlUi.allowInsecureAuth,
      dangerouslyDisableDeviceAuth: gateway.controlUi.dangerouslyDisableDeviceAuth,
    },
    nodes: gateway.nodes,
    canvasRoot: config.canvasHost.enabled ? expandPath(config.canvasHost.root ?? "canvas", paths) : null,
    limits: {
      authAttempts: gateway.auth.rateLimit.maxAttempts,
      authWindowMs: gateway.auth.rateLimit.windowMs,
      authLockMs: gateway.auth.rateLimit.lockoutMs,
      pendingSockets: gateway.limits.maxPreAuth,
      pendingSocketsPerAddress: gateway.limits.maxPreAuthPerAddress,
      connections: gateway.limits.maxConnections,
      handshakeTimeoutMs: gateway.limits.handshakeTimeoutMs,
    },
  };
}

function pem(key: string, path: string | undefined, paths: Paths): string {
  if (!path)
    throw new UserError("TLS_FILE", `${key} is not set although gateway.tls.enabled is true`, {
      hint: `openclaw config set ${key} /path/to/file.pem`,
    });
  try {
    return readFileSync(expandPath(path, paths), "utf8");
  } catch (error) {
    throw new UserError("TLS_FILE", `${key} (${path}) cannot be read: ${messageOf(error)}`, {
      hint: `openclaw config set ${key} /path/to/file.pem`,
    });
  }
}
