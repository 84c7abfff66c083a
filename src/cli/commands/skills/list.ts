import type { CommandBody } from "../../contract.ts";
import { tildePath } from "../../format.ts";
import { flag, text } from "../../options.ts";
import { lacks, openSkillDesk, stateOf } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, paths } = context;
  const report = await (await openSkillDesk(context, text(options, "agent"))).status();
  const skills = report.skills.filter((skill) => !flag(options, "missing") || lacks(skill).length > 0);
  if (flag(options, "json")) return out.json({ ...report, skills });
  if (skills.length === 0)
    return out.line(
      report.skills.length > 0
        ? "No skill lacks anything."
        : `There are no skills. A skill is a folder with a SKILL.md in ${tildePath(report.workspaceDir, paths.home)}/skills.`,
    );
  out.table(
    skills.map((skill) => ({
      skill: skill.name,
      state: stateOf(skill),
      source: skill.source,
      lacks: stateOf(skill) === "lacks something" ? Object.values(skill.missing).flat().join(", ") : "",
      about: skill.description,
    })),
  );
  const unready = skills.find((skill) => stateOf(skill) === "lacks something");
  if (unready) out.line(`What to do about it: openclaw skills info ${unready.name}`);
};
