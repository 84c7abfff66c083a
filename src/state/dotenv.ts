import { parseEnv } from "node:util";
import { readTextIfExists } from "./atomic-file.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the `.env` of the state directory (ENV-024), the only one that is ever read: a file in the current directory
 * or a workspace must not steer us (threats.md 4.9). Missing: no variables. @throws UserError STORAGE_DENIED
 */
export function readDotenv(path: string): Record<string, string> {
  const text = readTextIfExists(path);
  if (text === null) return {};
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(text))) {
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}

/** What is already set in the process environment stays; an empty variable counts as set. */
export function mergeEnv(processEnv: Env, dotenv: Env): Env {
  return { ...dotenv, ...definedOf(processEnv) };
}

function definedOf(env: Env): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) defined[name] = value;
  return defined;
}
