import { languageOf, languageOfLocale, languages, type Language } from "../../core/language.ts";
import { UsageError } from "../../core/errors.ts";
import type { CommandContext } from "../contract.ts";
import { text } from "../options.ts";

/** What the wizard speaks: `--lang`, else what the terminal's locale asks for. @throws UsageError for another language */
export function chosenLanguage({ env }: CommandContext, options: Record<string, unknown>): Language {
  const given = text(options, "lang");
  if (given === undefined) return languageOfLocale(env);
  const known = languageOf(given);
  if (known) return known;
  throw new UsageError(`--lang ${JSON.stringify(given)} is not one of ${languages.join(", ")}`);
}
