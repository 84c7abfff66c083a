import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Logger } from "../core/logger.ts";
import { planInstall, type InstallHost, type InstallWay } from "../toolbox/index.ts";
import type { AgentSettings } from "./settings.ts";
import { declaredVariables } from "./skill-env.ts";
import { loadSkillsFromDir, type Skill, type SkillCache, type SkillRequirements } from "./skills.ts";

/** What skills may ask of the machine. Handed in, so nothing here reads the environment. */
export interface SkillHost {
  /** As `process.platform`. */
  platform: string;
  /** Value of PATH. */
  path: string;
  /** Whether commands get this variable without a skill. */
  hasEnv(name: string): boolean;
  /** Whether the config has a truthy value at this dotted path. */
  hasConfig(path: string): boolean;
  /** Where what skills need is installed; absent where nothing is. */
  toolbox?: InstallHost;
}

/** One way to install what a skill needs, and what it would do here. */
export interface SkillInstall {
  id: string;
  kind: string;
  label: string;
  bins: string[];
  /** What would be done, and the digest that names exactly this; absent when it cannot be done from here. */
  command?: string;
  plan?: string;
  /** Why it cannot be done from here. */
  refused?: string;
}

/** One skill as RPC `skills.status` reports it (protocol.md 3.7). */
export interface SkillStatus {
  name: string;
  description: string;
  source: string;
  bundled: boolean;
  filePath: string;
  baseDir: string;
  skillKey: string;
  primaryEnv?: string;
  emoji?: string;
  homepage?: string;
  always: boolean;
  disabled: boolean;
  blockedByAllowlist: boolean;
  eligible: boolean;
  requirements: SkillRequirements;
  missing: SkillRequirements;
  configChecks: Array<{ path: string; satisfied: boolean }>;
  install: SkillInstall[];
  /** Variables the operator gave it a value for. */
  given: string[];
}

export interface SkillsReport {
  workspaceDir: string;
  managedSkillsDir: string;
  skills: SkillStatus[];
}

/**
 * The skills of an agent and what each still needs. A workspace skill hides a managed one of the same name.
 * Reads files only; starts nothing.
 */
export async function skillsStatus(options: {
  settings: Pick<AgentSettings, "workspaceDir" | "managedSkillsDir" | "skills">;
  host: SkillHost;
  cache: SkillCache;
  logger: Logger;
}): Promise<SkillsReport> {
  const { settings, host } = options;
  const binaries = new Map<string, boolean>();
  const skills: SkillStatus[] = [];
  for (const skill of await skillsOf(options)) {
    skills.push(await judge(skill, settings.skills, host, binaries));
  }
  return { workspaceDir: settings.workspaceDir, managedSkillsDir: settings.managedSkillsDir ?? "", skills };
}

/** The skills of an agent as their files say, sorted by name. */
export async function skillsOf(options: {
  settings: Pick<AgentSettings, "workspaceDir" | "managedSkillsDir">;
  cache: SkillCache;
  logger: Logger;
}): Promise<Skill[]> {
  const { settings, cache, logger } = options;
  const found = new Map<string, Skill>();
  if (settings.managedSkillsDir !== null) {
    const managed = {
      root: settings.managedSkillsDir,
      folder: ".",
      source: "managed" as const,
      cache,
      logger,
    };
    for (const skill of await loadSkillsFromDir(managed)) found.set(skill.name, skill);
  }
  const own = { root: settings.workspaceDir, folder: "skills", source: "workspace" as const, cache, logger };
  for (const skill of await loadSkillsFromDir(own)) found.set(skill.name, skill);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function judge(
  skill: Skill,
  policy: AgentSettings["skills"],
  host: SkillHost,
  binaries: Map<string, boolean>,
): Promise<SkillStatus> {
  const has = async (name: string): Promise<boolean> => {
    const known = binaries.get(name) ?? (await isOnPath(name, host.path));
    binaries.set(name, known);
    return known;
  };
  const { requires } = skill;
  const given = givenTo(skill, policy);
  const present = await Promise.all(requires.bins.map(has));
  const anyPresent = await Promise.all(requires.anyBins.map(has));
  const missing: SkillRequirements = {
    bins: requires.bins.filter((_, index) => !present[index]),
    anyBins: anyPresent.includes(true) ? [] : requires.anyBins,
    env: requires.env.filter((name) => !host.hasEnv(name) && !given.includes(name)),
    config: requires.config.filter((path) => !host.hasConfig(path)),
    os: requires.os.length === 0 || requires.os.includes(host.platform) ? [] : requires.os,
  };
  const names = [skill.name, skill.skillKey];
  const disabled = names.some((name) => policy.disabled.includes(name));
  const blockedByAllowlist = policy.allow !== null && !names.some((name) => policy.allow?.includes(name));
  const complete = Object.values(missing).every((list) => list.length === 0);
  return {
    name: skill.name,
    description: skill.description,
    source: skill.source,
    bundled: false,
    filePath: skill.filePath,
    baseDir: skill.baseDir,
    skillKey: skill.skillKey,
    ...(skill.primaryEnv === null ? {} : { primaryEnv: skill.primaryEnv }),
    ...(skill.emoji === null ? {} : { emoji: skill.emoji }),
    ...(skill.homepage === null ? {} : { homepage: skill.homepage }),
    always: skill.always,
    disabled,
    blockedByAllowlist,
    eligible: !disabled && !blockedByAllowlist && (skill.always || complete),
    requirements: requires,
    missing,
    configChecks: requires.config.map((path) => ({ path, satisfied: host.hasConfig(path) })),
    install: skill.install.map((way) => offered(way, host)),
    given,
  };
}

/** Declared variables with a value of `skills.entries`. */
function givenTo(skill: Skill, policy: AgentSettings["skills"]): string[] {
  const given =
    policy.given !== undefined && Object.hasOwn(policy.given, skill.skillKey)
      ? policy.given[skill.skillKey]
      : undefined;
  if (given === undefined) return [];
  const declared = declaredVariables({
    primaryEnv: skill.primaryEnv ?? undefined,
    requirements: skill.requires,
  });
  return declared.filter((name) => given.env.includes(name) || (given.apiKey && name === skill.primaryEnv));
}

function offered(way: InstallWay, host: SkillHost): SkillInstall {
  const { id, kind, label, bins } = way;
  if (host.toolbox === undefined) return { id, kind, label, bins };
  const { plan, refused } = planInstall(way, host.toolbox);
  if (plan === undefined) return { id, kind, label, bins, refused };
  return { id, kind, label, bins, command: plan.shown, plan: plan.digest };
}

async function isOnPath(name: string, path: string): Promise<boolean> {
  if (!/^[A-Za-z0-9._+-]+$/.test(name)) return false;
  for (const folder of path.split(delimiter)) {
    if (!folder.startsWith("/")) continue;
    try {
      await access(join(folder, name), constants.X_OK);
      return true;
    } catch {
      continue;
    }
  }
  return false;
}
