import type { CommandBody } from "../../contract.ts";
import { tildePath } from "../../format.ts";
import { flag, text } from "../../options.ts";
import { findSkill, lacks, openSkillDesk, stateOf } from "./desk.ts";

export const run: CommandBody = async (context, [name = ""], options) => {
  const { out, paths } = context;
  const skill = findSkill(await (await openSkillDesk(context, text(options, "agent"))).status(), name);
  if (flag(options, "json")) return out.json(skill);
  const { bins, anyBins, env, config, os } = skill.requirements;
  const named = (words: string[]) => words.join(", ");
  out.line(out.style.bold(`${skill.emoji ? `${skill.emoji} ` : ""}${skill.name}`));
  out.line(skill.description);
  const rows: Array<[string, string]> = [
    ["State", stateOf(skill)],
    ["File", tildePath(skill.filePath, paths.home)],
    ["Key", skill.skillKey],
    ["Programs", named(bins)],
    ["One of", named(anyBins)],
    ["Variables", named([...new Set([...env, ...(skill.primaryEnv ? [skill.primaryEnv] : [])])])],
    ["Given", named(skill.given)],
    ["Settings", named(config)],
    ["Runs on", named(os)],
    ["Homepage", skill.homepage ?? ""],
  ];
  out.pairs(rows.filter(([, value]) => value !== ""));
  const wanting = lacks(skill);
  if (wanting.length > 0) out.line("It lacks:");
  for (const line of wanting) out.line(`  ${line}`);
  if (skill.install.length > 0) out.line("Ways to install what it needs:");
  for (const { id, label, command, refused } of skill.install)
    out.line(`  ${id}: ${label}\n      ${command ?? `not from here: ${refused ?? "unknown"}`}`);
  const way = skill.install.find(({ command }) => command !== undefined);
  if (way && skill.missing.bins.length + skill.missing.anyBins.length > 0)
    out.line(`Install it: openclaw skills install ${skill.name} ${way.id}`);
};
