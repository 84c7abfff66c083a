import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isSensitivePath } from "../../../config/index.ts";
import { isObject } from "../../../core/json.ts";
import { Secret } from "../../../core/secret.ts";
import { createRedactor } from "../../../observability/index.ts";
import { readDotenv, readTextIfExists } from "../../../state/index.ts";
import type { CommandContext } from "../../contract.ts";

/** Makes what is gathered fit for strangers. */
export interface Scrubber {
  /** Hides known secrets, whatever looks like one, and long numbers such as those of telephones. */
  text(value: string): string;
  /** Every string of it through `text`, names of fields too. */
  all(value: unknown): unknown;
  /** Numbers, truths and the strings of fields that hold words of ours; all other strings become `[text]`. */
  facts(value: unknown): unknown;
}

const marker = "[redacted]";
/** Shorter ones would tear common words apart; nobody's secret is that short. */
const shortestSecret = 6;

/** Fields whose strings are ours: states, codes and versions, never what a person wrote. */
const ownWords =
  /^(?:version|state|status|severity|code|kind|mode|bind|host|auth|level|by|since|at|asOf|platform|release|arch|node|runtime|primary|provider|agentId|channel|hash|reason|hint|error|message|title|evidence|path|subsystem|durationMs|phase|inForce)$/i;

export function createScrubber(context: CommandContext, parsedConfig: unknown): Scrubber {
  const known = [...new Set(secretsOf(context, parsedConfig))]
    .filter((value) => value.length >= shortestSecret)
    .sort((a, b) => b.length - a.length);
  const redactor = createRedactor({ secrets: () => known.map((value) => new Secret(value)), patterns: [] });

  function text(value: string): string {
    let result = value;
    // The redactor passes short ones over; here too much hidden is better than too little.
    for (const secret of known) result = result.replaceAll(secret, marker);
    return redactor
      .text(result)
      .replaceAll(/[A-Za-z0-9_~+-]{16,}/g, hideIfRandom)
      .replaceAll(/\+?\d{7,}/g, marker);
  }

  const each = (value: unknown, name: string, stringOf: (text: string, name: string) => string): unknown => {
    if (typeof value === "string") return stringOf(value, name);
    if (Array.isArray(value)) return value.map((item) => each(item, name, stringOf));
    if (!isObject(value)) return typeof value === "number" || typeof value === "boolean" ? value : null;
    return Object.fromEntries(
      Object.entries(value).map(([key, item], index) => [
        /^[A-Za-z][A-Za-z0-9_-]{0,40}$/.test(key) ? text(key) : `[name ${index + 1}]`,
        each(item, key, stringOf),
      ]),
    );
  };
  return {
    text,
    all: (value) => each(value, "", (item) => text(item)),
    facts: (value) => each(value, "", (item, name) => (ownWords.test(name) ? text(item) : "[text]")),
  };
}

/** A word of letters and digits mixed is taken for a key; dates, and words joined by hyphens, are not. */
function hideIfRandom(word: string): string {
  const rest = word.replaceAll(/\d{4}-\d{2}-\d{2}/g, "");
  return /\d/.test(rest) && /[A-Za-z]/.test(rest) ? marker : word;
}

/** Every value of this installation that is, or may be, a secret. */
function secretsOf({ paths, env }: CommandContext, parsedConfig: unknown): string[] {
  const named = Object.entries(env).flatMap(([name, value]) =>
    value && /TOKEN|KEY|SECRET|PASS|CREDENTIAL/i.test(name) ? [value] : [],
  );
  const dotenv = Object.values(readDotenv(paths.dotenvPath));
  const files = [
    join(paths.stateDir, "gateway-token"),
    ...namesIn(paths.credentialsDir).map((name) => join(paths.credentialsDir, name)),
  ];
  return [...named, ...dotenv, ...sensitiveOf(parsedConfig, []), ...files.flatMap(stringsOfFile)];
}

function sensitiveOf(value: unknown, path: readonly string[]): string[] {
  // Variables and headers are where people put keys under names of their own.
  const isSecret = isSensitivePath(path) || path.includes("env") || path.includes("headers");
  if (typeof value === "string") return isSecret ? [value] : [];
  if (Array.isArray(value))
    return value.flatMap((item, index) => sensitiveOf(item, [...path, String(index)]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => sensitiveOf(item, [...path, key]));
}

/** The long strings of a small file: of its JSON, or its whole text. */
function stringsOfFile(path: string): string[] {
  let text: string;
  try {
    text = readTextIfExists(path) ?? "";
  } catch {
    return []; // A folder, or not ours to read: then it is not in the bundle either.
  }
  if (text.length > 256 * 1024) return [];
  try {
    return leaves(JSON.parse(text)).filter((leaf) => leaf.length >= 12);
  } catch {
    return [text.trim()]; // Not JSON: the file is one secret.
  }
}

const leaves = (value: unknown): string[] =>
  typeof value === "string"
    ? [value]
    : Array.isArray(value)
      ? value.flatMap(leaves)
      : isObject(value)
        ? Object.values(value).flatMap(leaves)
        : [];

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // No logins yet.
  }
}
