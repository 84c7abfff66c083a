import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { openRootFs } from "../guard/root-fs.ts";
import type { Tool } from "./contract.ts";
import type { SkillStatus } from "./skills-status.ts";

const maxBytes = 256 * 1024;

/**
 * Reads the instructions of a skill that lies outside the workspace, where the `read` tool does not reach. Only skills
 * on the agent's list can be named; nothing else in their folder can be read.
 */
export function createSkillTool(
  skillsOf: (agentId: string, sessionKey: string) => Promise<readonly SkillStatus[]>,
): Tool {
  const input = z.strictObject({ name: z.string().min(1).describe("Name of the skill, as listed.") });
  return {
    name: "skill_read",
    description: "Read the instructions of a skill from the list of skills.",
    groups: ["group:skills"],
    effect: "read",
    input,
    async run(raw, { agentId, sessionKey }) {
      const { name } = input.parse(raw);
      const skills = await skillsOf(agentId, sessionKey);
      const skill = skills.find((candidate) => candidate.name === name);
      if (!skill) {
        const names = skills.map((candidate) => candidate.name).join(", ") || "none";
        throw new UserError("SKILL_UNKNOWN", `there is no skill ${JSON.stringify(name.slice(0, 80))}`, {
          hint: `skills: ${names}`,
        });
      }
      const root = await openRootFs(skill.baseDir);
      const { bytes } = await root.read("SKILL.md", { length: maxBytes });
      return { content: [{ type: "text", text: new TextDecoder().decode(bytes) }] };
    },
  };
}
