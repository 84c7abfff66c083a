import type { Logger } from "../core/logger.ts";
import { buildSystemPrompt, type PromptParts } from "./prompt.ts";
import type { AgentSettings } from "./settings.ts";
import type { SkillCache } from "./skills.ts";
import { skillsStatus, type SkillHost } from "./skills-status.ts";
import type { PolicySessionKind } from "./tools-policy.ts";
import { createWorkspaceReader } from "./workspace-files.ts";

export interface PromptSource {
  /** The system prompt of one run: what is in the workspace now, read again only where it changed. */
  build(
    settings: AgentSettings,
    run: Omit<PromptParts, "files" | "skills" | "workspaceDir" | "displayName" | "timezone" | "platform"> & {
      session: PolicySessionKind;
      heartbeat: boolean;
    },
  ): Promise<string>;
}

/** Reads workspace files and skills for prompts and keeps what it read. */
export function createPromptSource(options: { host: SkillHost; logger: Logger }): PromptSource {
  const { host, logger } = options;
  const reader = createWorkspaceReader(logger);
  const cache: SkillCache = new Map();
  return {
    async build(settings, run) {
      const [files, report] = await Promise.all([
        reader.load(settings.workspaceDir, {
          // Private notes are for the owner's own conversations, not for rooms and strangers.
          private: run.owner && run.session !== "group",
          heartbeat: run.heartbeat,
          maxChars: settings.promptFileChars,
        }),
        run.tools.includes("read") ? skillsStatus({ settings, host, cache, logger }) : null,
      ]);
      return buildSystemPrompt({
        ...run,
        files,
        skills: report?.skills.filter((skill) => skill.eligible) ?? [],
        workspaceDir: settings.workspaceDir,
        displayName: settings.displayName,
        timezone: settings.timezone,
        platform: host.platform,
      });
    },
  };
}
