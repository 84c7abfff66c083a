import { join } from "node:path";
import JSON5 from "json5";
import type { Clock } from "../core/clock.ts";
import { messageOf, UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";
import {
  defaultGatewayPort,
  mergeEnv,
  readTextIfExists,
  withExclusiveLock,
  writeFileAtomic,
  type Env,
  type Paths,
} from "../state/index.ts";
import { findReserved, formatPath, getAt, parsePath, sameValue } from "./config-path.ts";
import type { ChangeNote, ConfigExplanation, ConfigIssue, ConfigSnapshot, ConfigStore } from "./contract.ts";
import { evaluate, type Evaluation } from "./evaluate.ts";
import { hashOf, openHistory } from "./history.ts";
import { mergeIntoText, setInText, unsetInText } from "./json5-edit.ts";
import { readOverrides, type FlagValue } from "./overlay.ts";
import { parseValue } from "./parse-value.ts";
import { checkedPath } from "./quick/index.ts";

export interface ConfigStoreOptions {
  paths: Paths;
  /** Process environment; what `.env` adds may be merged in already. */
  env: Env;
  /** What the `.env` of the state directory holds. */
  dotenv?: Env;
  flags?: readonly FlagValue[];
  /** Of the program: when given, valid texts are noted with it for readers that need no schema (`quick/`). */
  version?: string;
  clock: Clock;
  logger: Logger;
}

interface Loaded {
  snapshot: ConfigSnapshot;
  evaluation: Evaluation;
}

/**
 * Opens the config file of a state. Nothing is created; a missing file means all defaults. Reads are cheap while the
 * file does not change.
 * @throws UserError ENV_INVALID when a variable that overrides a key has no usable value.
 */
export function openConfigStore(options: ConfigStoreOptions): ConfigStore {
  const { paths, clock, logger } = options;
  const dotenv = options.dotenv ?? {};
  const env = mergeEnv(options.env, dotenv);
  const overrides = readOverrides({ env: options.env, dotenv, flags: options.flags ?? [] });
  const history = openHistory(paths.configHistoryDir);
  const lockPath = join(paths.stateDir, "config.lock.sqlite");
  const defaults = {
    "gateway.port": defaultGatewayPort(paths.profile),
    "agents.defaults.workspace": paths.defaultWorkspaceDir,
  };
  let cached: Loaded | null = null;

  const judge = (raw: string | null) => evaluate({ raw, env, home: paths.home, overrides, defaults });
  // The file must be right by itself: it is read without this process's flags and variables too.
  const judgeFile = (raw: string | null) => evaluate({ raw, env, home: paths.home, overrides: [], defaults });

  function load(): Loaded {
    const raw = readTextIfExists(paths.configPath);
    if (cached && cached.snapshot.raw === raw) return cached;
    const evaluation = judge(raw);
    const valid = evaluation.config !== null;
    const snapshot: ConfigSnapshot = {
      path: paths.configPath,
      exists: raw !== null,
      raw,
      parsed: evaluation.parsed,
      config: evaluation.config ?? lastAccepted(),
      valid,
      hash: raw === null ? "" : hashOf(raw),
      issues: evaluation.issues,
      warnings: evaluation.warnings,
      legacyIssues: evaluation.legacyIssues,
    };
    if (raw !== null && valid && isRightByItself(raw)) {
      noteHandEdit(raw, snapshot.hash);
      noteChecked(raw, snapshot.hash);
    }
    cached = { snapshot, evaluation };
    return cached;
  }

  /** A flag or variable may cover a wrong value for now; what is kept as accepted must stand without them. */
  function isRightByItself(raw: string): boolean {
    return overrides.length === 0 || judgeFile(raw).config !== null;
  }

  /** The newest revision that is still valid today; all defaults when there is none. */
  function lastAccepted() {
    for (const revision of history.list()) {
      const text = history.read(revision.hash);
      const config = text === null ? null : judge(text).config;
      if (config) return config;
    }
    const { config } = judge(null);
    if (config) return config;
    throw new UserError(
      "ENV_INVALID",
      "the command line or the environment overrides the configuration with an unusable value",
      {
        hint: "check the flags and the OPENCLAW_GATEWAY_… variables",
      },
    );
  }

  /** Looking at the config must work on a read-only disk too, so failing to write it down is only logged. */
  function noteHandEdit(raw: string, hash: string): void {
    try {
      const latest = history.latest();
      if (latest?.hash === hash) return;
      withExclusiveLock(
        lockPath,
        () => {
          const now = history.latest();
          if (now?.hash === hash || readTextIfExists(paths.configPath) !== raw) return;
          history.record(raw, { at: clock.now(), author: "hand", reason: now ? "edited by hand" : "found" });
        },
        0,
      );
    } catch (error) {
      logger.debug("config revision not recorded", { error: messageOf(error) });
    }
  }

  function noteChecked(raw: string, hash: string): void {
    const { version } = options;
    if (version === undefined) return;
    try {
      const path = checkedPath(paths.configHistoryDir);
      const note = `${JSON.stringify({ hash, version })}\n`;
      // The text is named by its hash: whoever wrote the note last, it is true.
      if (readTextIfExists(path) !== note && history.read(hash) === raw) writeFileAtomic(path, note);
    } catch (error) {
      logger.debug("config check not recorded", { error: messageOf(error) });
    }
  }

  /** Read, change, check the whole, write: all under one lock over processes. */
  function change(note: ChangeNote, edit: (text: string) => string, needsValid: boolean): ConfigSnapshot {
    return withExclusiveLock(lockPath, () => {
      cached = null;
      const raw = readTextIfExists(paths.configPath);
      const hash = raw === null ? "" : hashOf(raw);
      if (note.baseHash !== undefined && note.baseHash !== hash) throw conflict(paths.configPath);
      const before = judgeFile(raw);
      if (needsValid && before.parsed === null) throw invalid(paths.configPath, before.issues);
      const next = edit(raw ?? "{}\n");
      if (next === raw) return load().snapshot;
      const after = judgeFile(next);
      if (!after.config && !improves(before.issues, after.issues))
        throw invalid(paths.configPath, after.issues);
      // History first: whoever sees the new file finds its revision and does not take it for an edit by hand.
      if (after.config) history.record(next, { at: clock.now(), author: note.author, reason: note.reason });
      if (raw !== null) writeFileAtomic(`${paths.configPath}.bak`, raw);
      writeFileAtomic(paths.configPath, next);
      return load().snapshot;
    });
  }

  const store: ConfigStore = {
    path: paths.configPath,
    read: () => load().snapshot,
    set(path, value, note) {
      const segments = parsePath(path);
      const parsed = typeof value === "string" ? parseValue(segments, value) : value;
      refuseReserved(parsed, segments);
      return change(note, (text) => setInText(expandShorthand(text, segments), segments, parsed), true);
    },
    unset(path, note) {
      const segments = parsePath(path);
      return change(note, (text) => unsetInText(text, segments), true);
    },
    replace: (raw, note) => change(note, () => raw, false),
    merge(patch, note) {
      refuseReserved(patch, []);
      return change(note, (text) => mergeIntoText(text, patch), true);
    },
    mergedText(patch) {
      refuseReserved(patch, []);
      return mergeIntoText(readTextIfExists(paths.configPath) ?? "{}\n", patch);
    },
    get(path) {
      const segments = parsePath(path);
      const { snapshot, evaluation } = load();
      const effective = getAt(snapshot.config, segments);
      const authored = getAt(evaluation.parsed, segments);
      // A model written as text reads back as text; keys the schema does not know read as they are written.
      if (isObject(effective) && typeof authored === "string") return authored;
      return effective === undefined ? getAt(evaluation.resolved, segments) : effective;
    },
    explain(path): ConfigExplanation {
      const segments = parsePath(path);
      const { snapshot, evaluation } = load();
      const sources: ConfigExplanation["shadowed"] = overrides
        .filter((override) => sameValue(override.path, segments))
        .map(({ source, from, value }) => ({ source, from, value }));
      const fromFile = getAt(evaluation.resolved, segments);
      if (fromFile !== undefined) sources.push({ source: "file", from: snapshot.path, value: fromFile });
      const fallback = getAt(judgeDefaults(), segments);
      if (fallback !== undefined || sources.length === 0) {
        sources.push({ source: "default", from: "schema", value: fallback });
      }
      const [first, ...shadowed] = sources;
      return {
        path: formatPath(segments),
        value: store.get(path),
        source: first?.source ?? "default",
        from: first?.from ?? "schema",
        shadowed,
      };
    },
    history: (limit) => history.list(limit),
    revision: (prefix) => history.find(prefix),
    revert(prefix, note) {
      const { raw } = history.find(prefix);
      return change(note, () => raw, false);
    },
    judge(raw) {
      const alone = judgeFile(raw);
      return { effective: judge(raw).config, file: alone.config, issues: alone.issues };
    },
    overrides: () => overrides.map(({ path, from }) => ({ path, from })),
  };

  function judgeDefaults(): unknown {
    return evaluate({ raw: null, env, home: paths.home, overrides: [], defaults }).config;
  }
  return store;
}

/** `agents.defaults.model: "a/b"` becomes `{primary: "a/b"}` before one of its members is set. */
function expandShorthand(text: string, segments: readonly string[]): string {
  const owner = segments.slice(0, -1);
  if (!/^(?:model|imageModel)$/.test(owner.at(-1) ?? "")) return text;
  const current = getAt(JSON5.parse(text), owner);
  return typeof current === "string" ? setInText(text, owner, { primary: current }) : text;
}

/** Mending one of several mistakes must be possible although the others remain. */
function improves(before: readonly ConfigIssue[], after: readonly ConfigIssue[]): boolean {
  return (
    after.length < before.length &&
    after.every((issue) => before.some((old) => old.path === issue.path && old.message === issue.message))
  );
}

function refuseReserved(value: unknown, at: readonly string[]): void {
  const found = findReserved(value, [...at]);
  if (!found) return;
  throw new UserError("CONFIG_PATH_INVALID", `${formatPath(found)} uses a reserved name`, {
    hint: "choose another name",
  });
}

function conflict(path: string): UserError {
  return new UserError("CONFIG_CONFLICT", `${path} was changed by somebody else meanwhile`, {
    hint: "re-run config.get (openclaw config get) and apply your change to what it says now",
    retryable: true,
  });
}

/** What a refused or broken config is called everywhere (CFG-006). */
export function invalid(path: string, issues: readonly ConfigIssue[]): UserError {
  const list = issues
    .map((issue) => (issue.path ? `${issue.path}: ${issue.message}` : issue.message))
    .join("; ");
  return new UserError("CONFIG_INVALID", `Config validation failed: ${list} (${path})`, {
    hint: "see `openclaw config validate`; earlier versions are in `openclaw config history`",
    details: { issues },
  });
}
