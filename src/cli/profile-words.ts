import { findGroup } from "./registry.ts";

/**
 * The commands a text names, as they must be typed to reach the installation it speaks of: without its profile a hint
 * would mend another one. What is to be done on another machine is left alone, and so are names in prose.
 */
export function commandsOfProfile(text: string, profile: string | undefined): string {
  if (profile === undefined || profile === "default" || /(?:gateway's|its) machine/.test(text)) return text;
  const words = profile === "dev" ? "--dev" : `--profile ${profile}`;
  return text.replace(/(?<![\w/.@-])openclaw ([a-z][\w-]*)([^`\n]*)/g, (whole, name: string, rest: string) =>
    findGroup(name) === undefined || /--help\b/.test(rest)
      ? whole
      : `openclaw ${words} ${name}${commandsOfProfile(rest, profile)}`,
  );
}
