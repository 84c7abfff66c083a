import { agentIds, defaultAgentId, type OpenClawConfig } from "../config/index.ts";
import { elevatedLevels } from "../agent/run-sandbox.ts";
import { systemClock } from "../core/clock.ts";
import { messageOf, OpenClawError, UserError } from "../core/errors.ts";
import { silentLogger } from "../core/logger.ts";
import { parseSessionKey } from "../core/session-key.ts";
import {
  boxId,
  checkImage,
  containerEngine,
  listBoxes,
  summaryOf,
  type SandboxBackendName,
} from "../sandbox/box/index.ts";
import type { AppFacade, SandboxExplanation } from "./contract.ts";
import { openLocalState } from "./local-state.ts";
import { decisionFor, openSandboxes, sandboxSettings } from "./sandboxes.ts";
import { workspaceDir } from "./settings.ts";

const buildTimeoutMs = 30 * 60_000;
/** What commands of an agent usually need; more goes into an image of one's own. */
const dockerfile = `FROM debian:bookworm-slim
RUN apt-get update \\
 && apt-get install -y --no-install-recommends ca-certificates curl git jq python3 ripgrep \\
 && rm -rf /var/lib/apt/lists/*
WORKDIR /workspace
`;

/** See {@link AppFacade.openSandboxes}. */
export const openLocalSandboxes: AppFacade["openSandboxes"] = async ({ paths, env, config }) => {
  const sandboxes = openSandboxes({
    config: () => config,
    paths,
    env,
    clock: systemClock,
    logger: silentLogger,
  });
  const folders = () => [...new Set(agentIds(config).map((id) => sandboxSettings(config, paths, id).folder))];
  const known = (agentId: string) => {
    if (agentIds(config).includes(agentId)) return agentId;
    throw new UserError("AGENT_UNKNOWN", `there is no agent ${JSON.stringify(agentId)}`, {
      hint: "openclaw agents list",
    });
  };
  const keyOf = (sessionKey: string | undefined, agentId: string | undefined) => {
    const parsed = parseSessionKey(sessionKey ?? "main", {
      agentId: known(agentId ?? defaultAgentId(config)),
      mainKey: config.session.mainKey,
    });
    return { agentId: known(parsed.agentId), sessionKey: parsed.canonical };
  };
  const idOf = (at: { agentId: string; sessionKey: string }) =>
    boxId(sandboxSettings(config, paths, at.agentId), {
      ...at,
      workspaceDir: workspaceDir(config, paths, at.agentId),
    });
  const state = await openLocalState({ paths });

  return {
    list: async () => {
      const running = new Map((await sandboxes.containers()).map((each) => [each.id, each]));
      const rows = folders().flatMap((folder) => listBoxes(folder));
      return rows.map((row) => ({ ...row, container: running.get(row.id)?.backend ?? null }));
    },
    idOf: (session, agent) => idOf(keyOf(session, agent)),
    remove: (id) => sandboxes.remove(id),
    explain: (session, agent) => explain(config, keyOf(session, agent)),
    async build(wanted) {
      const settings = sandboxSettings(config, paths, defaultAgentId(config));
      const image = wanted.image ?? settings.image;
      checkImage(image);
      const chosen = wanted.engine ?? (settings.backend === "podman" ? "podman" : "docker");
      const engine = containerEngine({ engine: chosen, env, clock: systemClock });
      const { code, stderr, stdout } = await engine.call(
        ["build", "--tag", image, "-"],
        dockerfile,
        buildTimeoutMs,
      );
      if (code === 0) return { image, engine: chosen };
      const said = (stderr.trim() || stdout.trim()).split("\n").at(-1) ?? "";
      if (/cannot connect|daemon running|connection refused/i.test(said))
        throw new UserError("SANDBOX_UNAVAILABLE", `${chosen} cannot be reached: ${said}`, {
          hint: `start it: sudo systemctl start ${chosen}`,
        });
      throw new OpenClawError("SANDBOX_BUILD_FAILED", `${chosen} could not build ${image}: ${said}`, {
        hint: "it needs a network; or name an image of your own: openclaw config set agents.defaults.sandbox.docker.image NAME",
      });
    },
    close: () => state.close(),
  };

  function explain(from: OpenClawConfig, at: { agentId: string; sessionKey: string }): SandboxExplanation {
    const settings = sandboxSettings(from, paths, at.agentId);
    const record = state.sessions.get(at.sessionKey);
    const decision = decisionFor(from, settings, {
      key: at.sessionKey,
      agentId: at.agentId,
      spawnedBy: record?.spawnedBy ?? null,
    });
    const own = from.agents.list.find(({ id }) => id === at.agentId)?.sandbox?.tools;
    const policies = {
      "tools.sandbox.tools": from.tools.sandbox.tools,
      ...(own
        ? { [`agents.${at.agentId}.sandbox.tools`]: own }
        : { "agents.defaults.sandbox.tools": from.agents.defaults.sandbox.tools }),
    };
    const level = record?.settings.elevatedLevel ?? from.agents.defaults.elevatedDefault;
    const { enabled, allowFrom } = from.tools.exec.elevated;
    return {
      ...at,
      sandboxed: decision.sandboxed,
      rule: decision.rule,
      mode: settings.mode,
      scope: settings.scope,
      access: settings.access,
      network: settings.network,
      binds: [...settings.binds],
      ...backendFound(),
      id: idOf(at),
      summary: summaryOf(settings),
      tools: Object.entries(policies).flatMap(([rule, policy]) =>
        policy ? [{ rule, allow: policy.allow ?? null, deny: policy.deny ?? [] }] : [],
      ),
      asks: settings.access !== "rw" && settings.network === "none" ? "nobody" : "as tools.exec says",
      elevated: {
        level: elevatedLevels.find((each) => each === level) ?? "off",
        allowed: enabled
          ? Object.entries(allowFrom).flatMap(([channel, ids]) => ids.map((id) => `${channel}:${id}`))
          : [],
      },
    };

    function backendFound(): { backend: SandboxBackendName | null; problem: string | null } {
      try {
        return { backend: sandboxes.backendOf(settings), problem: null };
      } catch (error) {
        return { backend: null, problem: messageOf(error) };
      }
    }
  }
};
