import type { SkillView, SkillsView } from "../../../app/contract.ts";
import { agentIds, defaultAgentId } from "../../../config/index.ts";
import { UserError } from "../../../core/errors.ts";
import { noteFor } from "../../config-changes.ts";
import type { CommandContext } from "../../contract.ts";

type InstallEnd = { ok: boolean; message: string; stdout: string; stderr: string; code: number | null };

/** The skills of this installation from its files, or with --url those of a gateway. */
export interface SkillDesk {
  status(): Promise<SkillsView>;
  enable(skillKey: string, enabled: boolean): Promise<void>;
  install(wish: { name: string; installId: string; plan: string; timeoutMs: number }): Promise<InstallEnd>;
}

export async function openSkillDesk(context: CommandContext, agent?: string): Promise<SkillDesk> {
  return context.globals.url === undefined ? here(context, agent) : there(context, agent);
}

async function here(context: CommandContext, agent: string | undefined): Promise<SkillDesk> {
  const { paths, env, signal } = context;
  const store = await context.openConfig();
  const { config } = store.read();
  const agentId = agent?.trim().toLowerCase() ?? defaultAgentId(config);
  if (!agentIds(config).includes(agentId))
    throw new UserError("AGENT_UNKNOWN", `there is no agent ${JSON.stringify(agentId)}`, {
      hint: "openclaw agents list",
    });
  const skills = await (await context.app()).openSkills({ paths, env, config });
  return {
    status: () => skills.status(agentId),
    enable(skillKey, enabled) {
      const verb = enabled ? "enable" : "disable";
      store.merge(
        { skills: { entries: { [skillKey]: { enabled } } } },
        noteFor(`skills ${verb} ${skillKey}`),
      );
      return Promise.resolve();
    },
    install: (wish) => skills.install({ ...wish, agentId, by: "cli", signal }),
  };
}

/** How long a gateway may take beyond the installation itself. */
const answerMs = 10_000;

async function there(context: CommandContext, agent: string | undefined): Promise<SkillDesk> {
  const where = agent === undefined ? {} : { agentId: agent };
  const ask = async <T>(method: string, params: object, timeoutMs = answerMs): Promise<T> => {
    const client = await context.connect();
    try {
      return (await client.call(method, params, { timeoutMs, signal: context.signal })) as T;
    } finally {
      client.close();
    }
  };
  return {
    status: () => ask("skills.status", where),
    enable: async (skillKey, enabled) => void (await ask("skills.update", { skillKey, enabled })),
    install: (wish) => ask("skills.install", { ...wish, ...where }, wish.timeoutMs + answerMs),
  };
}

/** The skill of this name or key. @throws UserError SKILL_UNKNOWN with the nearest names */
export function findSkill({ skills }: SkillsView, name: string): SkillView {
  const found = skills.find((each) => each.name === name) ?? skills.find(({ skillKey }) => skillKey === name);
  if (found) return found;
  const names = skills.map((each) => each.name).slice(0, 20);
  throw new UserError("SKILL_UNKNOWN", `there is no skill ${JSON.stringify(name.slice(0, 80))}`, {
    hint:
      names.length > 0
        ? `there is: ${names.join(", ")}`
        : "put a folder with a SKILL.md into the workspace's skills/",
  });
}

export type SkillState = "ready" | "off" | "not allowed" | "lacks something";

export function stateOf(skill: SkillView): SkillState {
  if (skill.disabled) return "off";
  if (skill.blockedByAllowlist) return "not allowed";
  return skill.eligible ? "ready" : "lacks something";
}

/** What a skill lacks, as a few words each. */
export function lacks({ missing, primaryEnv, skillKey }: SkillView): string[] {
  const { bins, anyBins, env, config, os } = missing;
  return [
    ...(bins.length > 0 ? [`programs ${bins.join(", ")}`] : []),
    ...(anyBins.length > 0 ? [`one of the programs ${anyBins.join(", ")}`] : []),
    ...env.map((name) =>
      name === primaryEnv
        ? `${name}: openclaw config set skills.entries.${skillKey}.apiKey --stdin`
        : `${name}: openclaw config set skills.entries.${skillKey}.env.${name} --stdin`,
    ),
    ...config.map((path) => `setting ${path}: openclaw config set ${path} …`),
    ...(os.length > 0 ? [`runs only on ${os.join(", ")}`] : []),
  ];
}
