import { basename, isAbsolute, join, sep } from "node:path";
import type { Secret } from "../core/secret.ts";
import type { SkillStatus } from "./skills-status.ts";

/** What the operator gave a skill: `skills.entries.<key>`. */
export interface SkillEntry {
  /** Value of the variable the skill names as `primaryEnv`. */
  apiKey: Secret | null;
  env: Readonly<Record<string, Secret>>;
}

/** One variable a skill declares and the operator gave a value. */
export interface SkillVariable {
  name: string;
  value: Secret;
  /** Key of the skill. */
  skill: string;
  /** Programs the skill declares. */
  programs: readonly string[];
  /** Folder of the skill. */
  baseDir: string;
}

/** Names a skill may be given values for: those it declares, and none that would change what is run. */
export function declaredVariables(
  skill: Pick<SkillStatus, "primaryEnv"> & { requirements: Pick<SkillStatus["requirements"], "env"> },
): string[] {
  const names = [...skill.requirements.env, ...(skill.primaryEnv === undefined ? [] : [skill.primaryEnv])];
  return [...new Set(names)].filter(isVariableName);
}

/**
 * Whether a name can be given at all. `PATH` and what loaders, shells and interpreters read decide which code runs: they
 * are for `tools.exec`, where the operator sees them as that.
 */
export function isVariableName(name: string): boolean {
  return (
    /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) &&
    !/^(?:PATH|HOME|SHELL|IFS|ENV|BASH_.*|LD_.*|DYLD_.*|NODE_.*|NPM_.*|PYTHON.*|PERL5?.*|RUBY.*|JAVA_.*|GIT_.*|SSH_.*|OPENCLAW_.*)$/i.test(
      name,
    )
  );
}

/** The variables of skills that an agent is offered. */
export function skillVariables(
  skills: readonly SkillStatus[],
  entries: Readonly<Record<string, SkillEntry>>,
): SkillVariable[] {
  return skills.flatMap((skill) => {
    const entry = Object.hasOwn(entries, skill.skillKey) ? entries[skill.skillKey] : undefined;
    if (!skill.eligible || entry === undefined) return [];
    return declaredVariables(skill).flatMap((name) => {
      const own = Object.hasOwn(entry.env, name) ? entry.env[name] : undefined;
      const value = own ?? (name === skill.primaryEnv ? entry.apiKey : null);
      const programs = [...skill.requirements.bins, ...skill.requirements.anyBins];
      return value ? [{ name, value, skill: skill.skillKey, programs, baseDir: skill.baseDir }] : [];
    });
  });
}

/** How a command shows that it is the skill's: strongest first. */
const reasons = ["folder", "program", "name"] as const;

export interface GivenVariable extends SkillVariable {
  because: (typeof reasons)[number];
}

/**
 * The variables a command gets: those of a skill whose program it starts, from whose folder it takes a file, or whose
 * variable it names. Every other command goes without. Where two skills give the same name, the stronger reason counts,
 * then the name of the skill.
 * @param command.argvs argument lists of its programs; null for a text that only a shell understands: then its words count
 */
export function variablesFor(
  command: { text: string; argvs: ReadonlyArray<readonly string[]> | null; cwd: string },
  variables: readonly SkillVariable[],
): GivenVariable[] {
  const loose = command.text.split(/[\s;|&()<>"'`=$]+/).filter((word) => word !== "");
  const words = command.argvs?.flat() ?? loose;
  const programs = new Set(
    (command.argvs?.map((argv) => argv[0] ?? "") ?? loose).map((word) => basename(word)),
  );
  const paths = words.map((word) => (isAbsolute(word) ? word : join(command.cwd, word)));
  const chosen = new Map<string, GivenVariable>();
  const found = variables.flatMap((variable): GivenVariable[] => {
    if (paths.some((path) => path.startsWith(variable.baseDir + sep)))
      return [{ ...variable, because: "folder" }];
    if (variable.programs.some((name) => programs.has(name))) return [{ ...variable, because: "program" }];
    const named = new RegExp(`(?<![A-Za-z0-9_])${variable.name}(?![A-Za-z0-9_])`);
    return named.test(command.text) ? [{ ...variable, because: "name" }] : [];
  });
  for (const variable of found.toSorted((a, b) => (a.skill < b.skill ? -1 : 1))) {
    const other = chosen.get(variable.name);
    if (!other || reasons.indexOf(variable.because) < reasons.indexOf(other.because))
      chosen.set(variable.name, variable);
  }
  return [...chosen.values()];
}
