import { UsageError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { runCommand } from "../../run-command.ts";
import { chosenLanguage } from "../../wizard/language.ts";
import { presetOf } from "./preset.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { paths, env, clock, signal } = context;
  const silent = flag(options, "nonInteractive");
  if (flag(options, "json") && !silent)
    throw new UsageError("--json needs --non-interactive: questions are for people");
  if (silent && !flag(options, "acceptRisk")) {
    throw new UsageError("--non-interactive needs --accept-risk: an agent acts on this machine", {
      hint: "openclaw onboard --non-interactive --accept-risk",
    });
  }
  if (!silent && !(context.stdin.isTTY && context.out.isTTY)) {
    throw new UsageError("nobody is here to answer: onboard asks questions in a terminal", {
      hint: "openclaw onboard --non-interactive --accept-risk",
    });
  }
  const language = chosenLanguage(context, options);
  const { preset, further } = presetOf(options);
  const reset = options["reset"];
  if (reset !== undefined && reset !== false)
    await runCommand(context, ["reset"], {
      scope: typeof reset === "string" ? reset : "config+creds+sessions",
      yes: silent,
    });
  const store = await context.openConfig();
  const { openOnboarding } = await import("../../../app/onboarding.ts");
  const desk = openOnboarding({ paths, env, store, clock, signal });
  const { planOf, walkAll } = await import("../../../onboarding/index.ts");
  const { carryOut } = await import("../../wizard/carry-out.ts");
  if (silent) {
    const facts = await desk.facts("flags", "en");
    const { sight, notes } = await walkAll(facts, preset, desk.probes);
    const plan = planOf(sight, desk);
    plan.logins.push(...further);
    return carryOut(context, { desk, plan, notes, json: flag(options, "json"), strict: true });
  }
  const { askAll } = await import("../../wizard/ask.ts");
  const sight = await askAll(context, desk, { preset, startOver: flag(options, "startOver"), language });
  const plan = planOf(sight, desk);
  plan.logins.push(...further);
  return carryOut(context, { desk, plan, notes: [], json: false, strict: false, language });
};
