import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import JSON5 from "json5";
import {
  formatPath,
  getAt,
  inspectConfig,
  normalizeConfig,
  setInText,
  type OpenClawConfig,
} from "../config/index.ts";
import { isObject } from "../core/json.ts";
import { readDotenv, readTextIfExists, type Env, type Paths } from "../state/index.ts";
import type { Item } from "./contract.ts";
import { samePlace, shown } from "./plan-documents.ts";
import { filesBelow } from "./read-common.ts";
import type { Fields, LegacySource } from "./source.ts";
import { item, type Work } from "./work.ts";

export interface ConfigPlan {
  items: Item[];
  warnings: string[];
  /** As it will be. */
  config: OpenClawConfig;
}

/** Settings, environment, workspaces and folders. A setting that has another value here is left, with that said. */
export function planConfig(options: {
  source: LegacySource;
  work: Work;
  paths: Paths;
  env: Env;
}): ConfigPlan {
  const { source, work, paths, env } = options;
  const inPlace = samePlace(source, paths);
  const { items, text, warnings } = planSettings({ source, paths, inPlace });
  const workspaces = planWorkspaces({ source, work, paths, inPlace, text });
  const there = readTextIfExists(paths.configPath);
  if (workspaces.text !== null && workspaces.text !== there)
    work.writes.push({ path: paths.configPath, text: workspaces.text });
  const dotenv = readDotenv(paths.dotenvPath);
  const look = inspectConfig({ paths, env, dotenv, raw: workspaces.text });
  for (const issue of look.issues) warnings.push(`${issue.path || "configuration"}: ${issue.message}`);
  return {
    items: [
      ...items,
      ...workspaces.items,
      ...planDotenv({ source, work, paths, inPlace }),
      ...planFolders({ source, work, paths, inPlace }),
    ],
    warnings,
    config: look.config,
  };
}

/** Paths of all values: arrays and empty objects count as one. */
function leavesOf(value: unknown, path: string[] = []): string[][] {
  if (!isObject(value) || (Object.keys(value).length === 0 && path.length > 0)) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}

function planSettings(options: { source: LegacySource; paths: Paths; inPlace: boolean }): {
  items: Item[];
  text: string | null;
  warnings: string[];
} {
  const { source, paths } = options;
  const there = readTextIfExists(paths.configPath);
  const data = source.config === null ? null : parse(source.config.text);
  if (source.config === null || data === null) return { items: [], text: there, warnings: [] };
  const isSameFile = source.config.path === paths.configPath;
  const target = shown(paths.configPath, paths);
  const old = normalizeConfig(structuredClone(data), paths.home);
  const leaves = leavesOf(data);
  const note = (path: string[]): { fate: Item["fate"]; reason?: string } => {
    const name = formatPath(path);
    const issue = old.find((each) => name === each.path || name.startsWith(`${each.path}.`));
    return issue
      ? { fate: "transformed", reason: `${issue.message}; understood as it is` }
      : { fate: "carried" };
  };
  if (there === null || isSameFile) {
    const items = leaves.map((path) => {
      const { fate, ...reason } = note(path);
      return item("setting", formatPath(path), fate, { target, ...reason });
    });
    return { items, text: source.config.text, warnings: [] };
  }
  const here = parse(there);
  if (here === null) {
    return {
      items: leaves.map((path) =>
        item("setting", formatPath(path), "left", { reason: `${target} cannot be parsed` }),
      ),
      text: there,
      warnings: [`${target} cannot be parsed: mend it and migrate again`],
    };
  }
  let text = there;
  const items = leaves.map((path) => {
    const value = getAt(data, path);
    const present = getAt(here, path);
    // A value above it that is no object decides already.
    const isBlocked = path.some(
      (_, n) =>
        n > 0 && getAt(here, path.slice(0, n)) !== undefined && !isObject(getAt(here, path.slice(0, n))),
    );
    if (isBlocked || (present !== undefined && JSON.stringify(present) !== JSON.stringify(value)))
      return item("setting", formatPath(path), "left", { reason: "another value is set here already" });
    if (present === undefined) text = setInText(text, path, value);
    const { fate, ...reason } = note(path);
    return item("setting", formatPath(path), fate, { target, ...reason });
  });
  return { items, text, warnings: [] };
}

/**
 * Workspaces stay where the configuration says. One whose named place does not exist (the home was copied) or that was
 * only the default of the old folder is copied, and the configuration follows.
 */
function planWorkspaces(options: {
  source: LegacySource;
  work: Work;
  paths: Paths;
  inPlace: boolean;
  text: string | null;
}): { items: Item[]; text: string | null } {
  const { source, work, paths, inPlace } = options;
  let { text } = options;
  const data = source.config === null ? {} : (parse(source.config.text) ?? {});
  const named = workspacePaths(data);
  const items = source.workspaces.map((name) => {
    const absolute = join(source.dir, name);
    const uses = named.filter(({ value }) => basename(value.replaceAll("\\", "/")) === name);
    if (inPlace || uses.some(({ value }) => existsSync(value)))
      return item("workspace", name, "carried", { target: name, reason: "used where it is" });
    const files = filesBelow(absolute);
    const target = join(paths.stateDir, name);
    for (const file of files) {
      const path = join(target, file);
      if (!existsSync(path)) work.copies.push({ path, from: join(absolute, file) });
    }
    for (const { path } of uses) {
      const now = text === null ? undefined : getAt(parse(text) ?? {}, path);
      if (text !== null && typeof now === "string" && !existsSync(now)) text = setInText(text, path, target);
    }
    return item("workspace", name, "transformed", { target: name, reason: `${files.length} files copied` });
  });
  return { items, text };
}

function workspacePaths(data: Fields): Array<{ path: string[]; value: string }> {
  const list = getAt(data, ["agents", "list"]);
  const entries = getAt(data, ["agents", "entries"]);
  const paths = [
    ["agents", "defaults", "workspace"],
    ...(Array.isArray(list) ? list : []).map((_, index) => ["agents", "list", String(index), "workspace"]),
    ...Object.keys(isObject(entries) ? entries : {}).map((id) => ["agents", "entries", id, "workspace"]),
  ];
  return paths.flatMap((path) => {
    const value = getAt(data, path);
    return typeof value === "string" ? [{ path, value }] : [];
  });
}

function planDotenv(options: { source: LegacySource; work: Work; paths: Paths; inPlace: boolean }): Item[] {
  const { source, work, paths, inPlace } = options;
  if (source.dotenv === null) return [];
  const values = readDotenv(join(source.dir, ".env"));
  const here = readDotenv(paths.dotenvPath);
  const there = readTextIfExists(paths.dotenvPath);
  const missing = Object.keys(values).filter((name) => here[name] === undefined);
  if (!inPlace && missing.length > 0) {
    // The lines themselves, so that quotes and comments stay what they were.
    const lines = source.dotenv
      .split("\n")
      .filter((line) => missing.some((name) => new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`).test(line)));
    const before = there === null || there.endsWith("\n") || there === "" ? (there ?? "") : `${there}\n`;
    work.writes.push({
      path: paths.dotenvPath,
      text: there === null ? source.dotenv : `${before}${lines.join("\n")}\n`,
    });
  }
  return Object.keys(values).map((name) =>
    here[name] === undefined || here[name] === values[name]
      ? item("environment variable", name, "carried", { target: ".env" })
      : item("environment variable", name, "left", { reason: "another value is set here already" }),
  );
}

function planFolders(options: { source: LegacySource; work: Work; paths: Paths; inPlace: boolean }): Item[] {
  const { source, work, paths, inPlace } = options;
  return source.folders.flatMap((folder) =>
    filesBelow(folder.absolute).map((file) => {
      const target = `${folder.path}/${file}`;
      const path = join(paths.stateDir, target);
      const isThere = existsSync(path);
      if (!inPlace && !isThere) work.copies.push({ path, from: join(folder.absolute, file) });
      return item("file", target, "carried", { target });
    }),
  );
}

function parse(text: string): Fields | null {
  try {
    const value: unknown = JSON5.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null; // the caller says which file it was
  }
}
