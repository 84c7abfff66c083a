import type { ProcessRegistry } from "../agent/tools/exec/registry.ts";
import type { NodeServices } from "../agent/tool-kit/nodes/contract.ts";
import type { MessageServices } from "../agent/tools/message/contract.ts";
import type { Tool } from "../agent/index.ts";
import type { OpenClawConfig } from "../config/index.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { GuardedFetch } from "../guard/index.ts";
import type { Memory } from "../memory/index.ts";
import type { RunService } from "../routing/index.ts";
import type { ApprovalService, ExecApprovalsFile } from "../sandbox/index.ts";
import type { SessionStore } from "../sessions/index.ts";
import type { Paths } from "../state/index.ts";
import type { BrowserParts } from "./browser.ts";
import { execSettingsOf } from "./exec-settings.ts";
import type { createSearch } from "./search.ts";
import { sessionServices } from "./session-services.ts";
import type { SkillParts } from "./skills.ts";

/**
 * The tools of agents, wired to the rest. They are made when a run asks for the first time: a third of all schemas of a
 * gateway are theirs, and many a gateway waits for hours until somebody writes.
 */
export function createAgentTools(deps: {
  paths: Paths;
  config: () => OpenClawConfig;
  env: Readonly<Record<string, string | undefined>>;
  sessions: SessionStore;
  runs: () => RunService;
  approvals: ApprovalService;
  execApprovals: ExecApprovalsFile;
  processes: ProcessRegistry;
  skills: SkillParts;
  search: ReturnType<typeof createSearch>;
  browser: BrowserParts | null;
  memoryOf: (agentId: string) => Memory;
  fetch: GuardedFetch;
  message: MessageServices | undefined;
  nodes: NodeServices | undefined;
  clock: Clock;
  logger: Logger;
}): () => Promise<readonly Tool[]> {
  const { paths, config, sessions, skills, search, browser, message, nodes } = deps;
  const { web } = config().tools;
  let made: Promise<readonly Tool[]> | null = null;
  const make = async () => {
    const { createTools } = await import("../agent/tools/index.ts");
    return createTools({
      clock: deps.clock,
      logger: deps.logger,
      // A home folder as workspace must not open the gateway's own secrets to the model.
      denied: [paths.stateDir, paths.configPath],
      putMedia: (_sessionKey, bytes) => sessions.putMedia(bytes),
      exec: {
        settings: (agentId, sessionKey) =>
          execSettingsOf(config(), agentId, sessions.get(sessionKey)?.settings),
        approvals: deps.approvals,
        allowlist: deps.execApprovals,
        processes: deps.processes,
        environment: deps.env,
        pathAppend: [skills.bin],
        variables: (where) => skills.variables(where),
      },
      ...(web.fetch.enabled
        ? {
            web: {
              fetch: deps.fetch,
              settings: () => ({
                maxChars: web.fetch.maxChars,
                maxBytes: web.fetch.maxBytes,
                timeoutMs: web.fetch.timeoutSeconds * 1000,
                maxRedirects: web.fetch.maxRedirects,
                cacheTtlMs: web.fetch.cacheTtlMinutes * 60_000,
              }),
            },
          }
        : {}),
      search,
      ...(browser ? { browser } : {}),
      memory: deps.memoryOf,
      sessions: sessionServices({ config, sessions, runs: deps.runs }),
      ...(message ? { message } : {}),
      ...(nodes ? { nodes } : {}),
    });
  };
  return async () => {
    const tools = await (made ??= make());
    // Offered as soon as it is set up, and not before.
    return search.settings() ? tools : tools.filter(({ name }) => name !== "web_search");
  };
}
