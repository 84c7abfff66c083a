import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { isObject } from "../core/json.ts";
import { makeDirectory, readTextIfExists, writeFileAtomic } from "../state/index.ts";
import type { Facts, Value } from "./contract.ts";
import { stepsFor } from "./steps/index.ts";
import { beginWalk, type Walk } from "./walk.ts";

const fileName = "onboarding.json";

/**
 * Keeps where somebody is, without anything secret, so that a wizard that was stopped goes on there. The only file that
 * exists before the answers are confirmed; {@link forgetProgress} removes it with them.
 */
export function keepProgress(stateDir: string, walk: Walk): void {
  const secret = secretIds(walk.facts);
  const answers = Object.fromEntries(Object.entries(walk.answers).filter(([id]) => !secret.has(id)));
  const path = join(stateDir, fileName);
  makeDirectory(dirname(path));
  const kept = { version: 1, answers, done: walk.done.filter((id) => !secret.has(id)) };
  writeFileAtomic(path, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
}

/** The walk that was stopped here, null when there is none. What does not fit any more is asked again. */
export function resumeWalk(stateDir: string, facts: Facts): Walk | null {
  const text = readTextIfExists(join(stateDir, fileName));
  const kept = text === null ? null : parsed(text);
  if (!isObject(kept) || !isObject(kept["answers"]) || !Array.isArray(kept["done"])) return null;
  const secret = secretIds(facts);
  const known = new Set(
    stepsFor(facts)
      .map(({ id }) => id)
      .filter((id) => !secret.has(id)),
  );
  const answers = Object.fromEntries(
    Object.entries(kept["answers"]).filter(
      (entry): entry is [string, Value] => known.has(entry[0]) && isValue(entry[1]),
    ),
  );
  const done = kept["done"].filter((id): id is string => typeof id === "string" && known.has(id));
  return done.length === 0 ? null : beginWalk(facts, { answers, done });
}

export function forgetProgress(stateDir: string): void {
  const path = join(stateDir, fileName);
  if (existsSync(path)) rmSync(path);
}

function secretIds(facts: Facts): Set<string> {
  return new Set(stepsFor(facts).flatMap(({ id, sensitive }) => (sensitive ? [id] : [])));
}

function isValue(value: unknown): value is Value {
  return (
    typeof value === "string" ||
    typeof value === "boolean" ||
    (Array.isArray(value) && value.every((each) => typeof each === "string"))
  );
}

/** A file somebody damaged only means to begin anew. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
