import { UserError } from "../../../core/errors.ts";
import { confirm } from "../../confirm.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, integer, text } from "../../options.ts";
import { findSkill, openSkillDesk } from "./desk.ts";

export const run: CommandBody = async (context, [name = "", installer], options) => {
  const { out } = context;
  const desk = await openSkillDesk(context, text(options, "agent"));
  const skill = findSkill(await desk.status(), name);
  const ways = skill.install;
  const way =
    installer === undefined
      ? (ways.find(({ command }) => command !== undefined) ?? ways[0])
      : ways.find(({ id }) => id === installer);
  if (!way)
    throw new UserError(
      "SKILL_INSTALL_UNKNOWN",
      installer === undefined
        ? `skill ${skill.name} names nothing to install`
        : `skill ${skill.name} names no installer ${JSON.stringify(installer.slice(0, 80))}`,
      {
        hint:
          ways.length > 0
            ? `it names: ${ways.map(({ id }) => id).join(", ")}`
            : `openclaw skills info ${skill.name}`,
      },
    );
  const { id, command, plan } = way;
  if (command === undefined || plan === undefined)
    throw new UserError(
      "SKILL_INSTALL_REFUSED",
      `${way.label}: ${way.refused ?? "it cannot be done from here"}`,
      {
        hint: `openclaw skills info ${skill.name}`,
      },
    );
  if (flag(options, "dryRun")) {
    if (flag(options, "json"))
      return out.json({ ok: true, result: "planned", skill: skill.name, id, command, plan });
    out.line(`Nothing was done. This would be: ${command}`);
    return;
  }
  out.note(`This will be done: ${command}`);
  await confirm(context, {
    question: `Install ${way.bins.join(", ")} for ${skill.name}?`,
    yes: flag(options, "yes"),
    because: "this brings programs onto the machine",
  });
  out.progress(way.label);
  const timeoutMs = integer(options, "timeout", { min: 1, max: 900, default: 300 }) * 1000;
  const done = await desk
    .install({ name: skill.name, installId: id, plan, timeoutMs })
    .finally(() => out.progress(null));
  if (flag(options, "json")) {
    out.json({ ...done, skill: skill.name, id, command });
    return done.ok ? 0 : 1;
  }
  if (!done.ok) {
    for (const text of [done.stdout, done.stderr]) if (text.trim() !== "") out.note(text.trimEnd());
    throw new UserError("SKILL_INSTALL_FAILED", done.message, { hint: `openclaw skills info ${skill.name}` });
  }
  out.line(out.style.green(done.message));
};
