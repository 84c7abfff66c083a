import { UsageError, UserError } from "../../../core/errors.ts";
import type { Section } from "../../../onboarding/index.ts";
import type { Language } from "../../../core/language.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { chosenLanguage } from "../../wizard/language.ts";
import { terminalWords } from "../../wizard/words.ts";

const sections = ["model", "gateway", "channels", "workspace", "skills", "service"] as const;
type Asked = (typeof sections)[number];

export const run: CommandBody = async (context, _args, options) => {
  const { paths, env, clock, signal } = context;
  const named = (Array.isArray(options["section"]) ? options["section"].map(String) : []).map(sectionOf);
  if (!(context.stdin.isTTY && context.out.isTTY)) {
    throw new UsageError("nobody is here to answer: configure asks questions in a terminal", {
      hint: "openclaw config set <path> <value>",
    });
  }
  const language = chosenLanguage(context, options);
  const store = await context.openConfig();
  const { openOnboarding } = await import("../../../app/onboarding.ts");
  const desk = openOnboarding({ paths, env, store, clock, signal });
  const only: Section[] = named.length > 0 ? named : await choose(context, language);
  const { askAll } = await import("../../wizard/ask.ts");
  const preset = { risk: true, hello: "", ...(only.includes("service") ? {} : { service: false }) };
  const sight = await askAll(context, desk, { preset, startOver: false, only, language });
  const { planOf } = await import("../../../onboarding/index.ts");
  const { carryOut } = await import("../../wizard/carry-out.ts");
  return carryOut(context, {
    desk,
    plan: planOf(sight, desk),
    notes: [],
    json: false,
    strict: true,
    language,
  });
};

function sectionOf(name: string): Asked {
  const found = sections.find((section) => section === name);
  if (found) return found;
  throw new UsageError(`--section ${JSON.stringify(name)} is not one of ${sections.join(", ")}`);
}

async function choose({ signal }: CommandContext, language: Language): Promise<Asked[]> {
  const words = terminalWords(language);
  const { isCancel, multiselect } = await import("@clack/prompts");
  const chosen = await multiselect<Asked>({
    message: words.many(words.sections.question),
    showInstructions: words.libraryKeys,
    options: sections.map((section) => ({ value: section, label: words.sections[section] })),
    required: true,
    signal,
  });
  if (isCancel(chosen)) throw new UserError("CANCELLED", words.nothingWritten);
  return chosen;
}
