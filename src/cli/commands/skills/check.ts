import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { lacks, openSkillDesk, stateOf } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const { skills } = await (await openSkillDesk(context, text(options, "agent"))).status();
  const unready = skills.filter((skill) => stateOf(skill) === "lacks something");
  const ready = skills.filter((skill) => stateOf(skill) === "ready").length;
  if (flag(options, "json")) {
    out.json({
      ok: unready.length === 0,
      ready,
      skills: skills.length,
      lacking: unready.map(({ name, skillKey, missing }) => ({ name, skillKey, missing })),
    });
  } else {
    out.line(`${ready} of ${skills.length} skills can be used.`);
    for (const skill of unready) {
      out.line(out.style.yellow(`${skill.name} lacks:`));
      for (const line of lacks(skill)) out.line(`  ${line}`);
    }
  }
  return unready.length === 0 ? 0 : 1;
};
