import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import { insideWorkspace } from "../sandbox/box/index.ts";
import { fingerprint } from "./fingerprint.ts";
import { buildSystemPrompt, describeTime, type PromptParts } from "./prompt.ts";
import type { AgentSettings } from "./settings.ts";
import type { SkillCache } from "./skills.ts";
import { skillsStatus, type SkillHost, type SkillStatus } from "./skills-status.ts";
import type { PolicySessionKind } from "./tools-policy.ts";
import { createWorkspaceReader } from "./workspace-files.ts";

export interface PromptSource {
  /** Skills the agent can use now. */
  skills(settings: AgentSettings): Promise<readonly SkillStatus[]>;
  /** The system prompt of one run: what is in the workspace now, read again only where it changed. */
  build(
    settings: AgentSettings,
    run: Omit<
      PromptParts,
      "files" | "skills" | "workspaceDir" | "skillsIn" | "displayName" | "instructions" | "time" | "platform"
    > & {
      session: PolicySessionKind;
      /** Epoch milliseconds. */
      now: number;
      heartbeat: boolean;
    },
  ): Promise<string>;
}

const recheckMs = 60_000;

/** Reads workspace files and skills for prompts and keeps what it read. */
export function createPromptSource(options: { host: SkillHost; clock: Clock; logger: Logger }): PromptSource {
  const { host, clock, logger } = options;
  const reader = createWorkspaceReader(logger);
  const cache: SkillCache = new Map();
  const known = new Map<string, { seen: string; at: number; watched: string[]; skills: SkillStatus[] }>();

  let lastTime = { key: "", text: "" };

  /** Formatting a date costs more than the rest of the prompt; the text holds for a quarter of an hour at least. */
  function timeAt(now: number, timezone: string | null): string {
    const key = `${Math.floor(now / 900_000)} ${timezone}`;
    if (lastTime.key !== key) lastTime = { key, text: describeTime(now, timezone) };
    return lastTime.text;
  }

  /** Skills that can be used. Looked up afresh when a file changed, and every minute for what they require. */
  async function skillsOf(settings: AgentSettings): Promise<SkillStatus[]> {
    const key = JSON.stringify([settings.workspaceDir, settings.managedSkillsDir, settings.skills]);
    const before = known.get(key);
    const now = clock.monotonic();
    if (before && now - before.at < recheckMs && before.seen === fingerprint(before.watched))
      return before.skills;
    const report = await skillsStatus({ settings, host, cache, logger });
    const skills = report.skills.filter((skill) => skill.eligible);
    const folders = [join(settings.workspaceDir, "skills"), settings.managedSkillsDir ?? ""];
    const watched = [...folders, ...report.skills.flatMap((skill) => [skill.baseDir, skill.filePath])];
    known.set(key, { seen: fingerprint(watched), at: now, watched, skills });
    return skills;
  }

  return {
    skills: skillsOf,
    async build(settings, run) {
      const [files, skills] = await Promise.all([
        reader.load(settings.workspaceDir, {
          // Private notes are for the owner's own conversations, not for rooms and strangers.
          private: run.owner && run.session !== "group",
          heartbeat: run.heartbeat,
          maxChars: settings.promptFileChars,
        }),
        skillsOf(settings),
      ]);
      return buildSystemPrompt({
        ...run,
        files,
        skills,
        workspaceDir: run.sandbox ? insideWorkspace : settings.workspaceDir,
        skillsIn: run.sandbox?.hidesWorkspace ? null : settings.workspaceDir,
        displayName: settings.displayName,
        instructions: settings.instructions,
        time: timeAt(run.now, settings.timezone),
        platform: host.platform,
      });
    },
  };
}
