import { join } from "node:path";
import { codeOf, messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";
import { openRootFs } from "../guard/root-fs.ts";
import { installWays, type InstallWay } from "../toolbox/index.ts";
import { parseFrontMatter } from "./front-matter.ts";

export type SkillSource = "workspace" | "managed";

export interface SkillRequirements {
  bins: string[];
  anyBins: string[];
  env: string[];
  config: string[];
  os: string[];
}

/** A skill is text: a folder with a SKILL.md whose front matter names it. Nothing in it is run by us. */
export interface Skill {
  name: string;
  description: string;
  source: SkillSource;
  /** Absolute path of SKILL.md. */
  filePath: string;
  baseDir: string;
  /** Key in the config under `skills.entries`. */
  skillKey: string;
  emoji: string | null;
  homepage: string | null;
  primaryEnv: string | null;
  /** Offered although requirements are missing. */
  always: boolean;
  requires: SkillRequirements;
  install: InstallWay[];
}

const maxSkills = 200;
const maxSkillBytes = 256 * 1024;
const metadataNames = ["openclaw", "clawdbot", "moltbot"];

/** Skills already read, by file; a file is read again when its time or size changed. */
export type SkillCache = Map<string, { mtimeMs: number; size: number; skill: Skill | null }>;

/**
 * Loads `<root>/<folder>/<name>/SKILL.md` for every folder there, sorted by name. Missing folders give no skills; a
 * file that cannot be read or has no description is left out with a line in the log.
 */
export async function loadSkillsFromDir(options: {
  root: string;
  folder: string;
  source: SkillSource;
  cache: SkillCache;
  logger: Logger;
}): Promise<Skill[]> {
  const { root, folder, source, cache, logger } = options;
  const skills: Skill[] = [];
  try {
    const files = await openRootFs(root);
    if ((await files.stat(folder))?.kind !== "directory") return [];
    const { entries, more } = await files.list(folder, { limit: maxSkills });
    if (more) logger.warn("only the first skills of a folder are loaded", { root, folder, limit: maxSkills });
    for (const entry of entries) {
      if (entry.kind !== "directory" || entry.name.startsWith(".")) continue;
      const name = `${folder}/${entry.name}/SKILL.md`;
      const baseDir = join(files.root, folder, entry.name);
      try {
        const info = await files.stat(name);
        if (info?.kind !== "file") continue;
        const known = cache.get(baseDir);
        if (known?.mtimeMs === info.mtimeMs && known.size === info.size) {
          if (known.skill) skills.push(known.skill);
          continue;
        }
        const { bytes } = await files.read(name, { length: maxSkillBytes });
        const skill = await parseSkill(new TextDecoder().decode(bytes), {
          baseDir,
          folder: entry.name,
          source,
        });
        if (!skill)
          logger.warn("a skill without a description is not offered", { file: join(baseDir, "SKILL.md") });
        cache.set(baseDir, { mtimeMs: info.mtimeMs, size: info.size, skill });
        if (skill) skills.push(skill);
      } catch (error) {
        logger.warn("a skill could not be read", {
          file: join(baseDir, "SKILL.md"),
          error: messageOf(error),
        });
      }
    }
  } catch (error) {
    if (codeOf(error) !== "PATH_NOT_FOUND")
      logger.warn("skills could not be listed", { root, folder, error: messageOf(error) });
  }
  return skills.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function parseSkill(
  text: string,
  place: { baseDir: string; folder: string; source: SkillSource },
): Promise<Skill | null> {
  const { values } = parseFrontMatter(text);
  const description = oneLine(values.get("description") ?? "", 300);
  if (!description) return null;
  const metadata = await parseMetadata(values.get("metadata"));
  const requires = isObject(metadata["requires"]) ? metadata["requires"] : {};
  return {
    name: oneLine(values.get("name") ?? place.folder, 64) || place.folder,
    description,
    source: place.source,
    filePath: join(place.baseDir, "SKILL.md"),
    baseDir: place.baseDir,
    skillKey: optionalText(metadata["skillKey"]) ?? place.folder,
    emoji: optionalText(metadata["emoji"]),
    homepage: optionalText(metadata["homepage"]) ?? values.get("homepage") ?? null,
    primaryEnv: optionalText(metadata["primaryEnv"]),
    always: metadata["always"] === true,
    requires: {
      bins: texts(requires["bins"]),
      anyBins: texts(requires["anyBins"]),
      env: texts(requires["env"]),
      config: texts(requires["config"]),
      os: texts(metadata["os"] ?? requires["os"]),
    },
    install: installWays(metadata["install"]),
  };
}

/** `metadata` is JSON5 with one of our names around it, or without. */
async function parseMetadata(text: string | undefined): Promise<Record<string, unknown>> {
  if (!text?.startsWith("{")) return {};
  try {
    const { default: json5 } = await import("json5");
    const value: unknown = json5.parse(text);
    if (!isObject(value)) return {};
    for (const name of metadataNames) if (isObject(value[name])) return value[name];
    return value;
  } catch {
    // The metadata only adds requirements and decoration; a skill whose metadata is broken is still text to read.
    return {};
  }
}

function oneLine(text: string, maxChars: number): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ")
    .trim();
  return line.length > maxChars ? `${line.slice(0, maxChars - 1).toWellFormed()}…` : line;
}

const optionalText = (value: unknown): string | null => (typeof value === "string" && value ? value : null);
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
