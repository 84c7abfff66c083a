import type { CommandContext } from "../../contract.ts";
import { flag } from "../../options.ts";
import { findSkill, openSkillDesk, stateOf } from "./desk.ts";

/** Switches a skill on or off in the configuration. */
export async function switchSkill(
  context: CommandContext,
  wish: { name: string; enabled: boolean; options: Record<string, unknown> },
): Promise<void> {
  const { out } = context;
  const { name, enabled, options } = wish;
  const before = findSkill(await (await openSkillDesk(context)).status(), name);
  if (before.disabled === enabled) await (await openSkillDesk(context)).enable(before.skillKey, enabled);
  const skill = findSkill(await (await openSkillDesk(context)).status(), name);
  const changed = before.disabled === enabled;
  if (flag(options, "json"))
    return out.json({ ok: true, skill: skill.name, skillKey: skill.skillKey, enabled, changed });
  out.line(`${skill.name} is ${enabled ? "on" : "off"}${changed ? "" : " already"}.`);
  if (enabled && stateOf(skill) === "lacks something")
    out.note(`It lacks something: openclaw skills info ${skill.name}`);
}
