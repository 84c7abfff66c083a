/** The languages people are spoken to in: the Control UI, the setup wizard. */
export const languages = ["en", "ja"] as const;
export type Language = (typeof languages)[number];

/** Of a tag such as `ja`, `ja-JP` or `ja_JP.UTF-8`; null for a language nobody translated into. */
export function languageOf(tag: string | undefined): Language | null {
  const primary = /^[a-z]+/.exec((tag ?? "").toLowerCase())?.[0];
  return languages.find((language) => language === primary) ?? null;
}

/** What a terminal's environment asks for, in the order of POSIX: the first that is set decides. English otherwise. */
export function languageOfLocale(env: Readonly<Record<string, string | undefined>>): Language {
  return languageOf([env["LC_ALL"], env["LC_MESSAGES"], env["LANG"]].find(Boolean)) ?? "en";
}
