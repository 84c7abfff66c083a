import type { Language } from "../../core/language.ts";
import { en, type Words } from "./en.ts";
import { ja } from "./ja.ts";

const catalogues: Record<Language, Words> = { en, ja };

/** Everything the wizard says in a language. */
export function wordsOf({ language }: { language: Language }): Words {
  return catalogues[language];
}

export type { Words };
