import { readFileSync } from "node:fs";
import { codeOf } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import type { ServiceRole } from "./contract.ts";
import { roleWords } from "./names.ts";

/** A file of variables that systemd (`EnvironmentFile=`) and Node (`--env-file`) read alike: single quotes, no escapes. */
export function renderEnvFile(
  values: ReadonlyArray<readonly [string, string]>,
  role: ServiceRole = "gateway",
): string {
  const header = `# Secrets of the OpenClaw service; written by \`${roleWords(role).install}\`, readable by its owner only.\n`;
  return header + values.map(([name, value]) => `${name}='${value}'\n`).join("");
}

export function secretValues(secrets: Readonly<Record<string, Secret>>): Array<[string, string]> {
  return Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]);
}

/** Variables of such a file, also one written by hand with double quotes or none. */
export function parseEnvFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line);
    if (!match) continue;
    const [, name = "", raw = ""] = match;
    const value = raw.trim();
    const quoted = /^(['"])(.*)\1$/.exec(value);
    values[name] =
      quoted === null
        ? value
        : quoted[1] === '"'
          ? (quoted[2] ?? "").replace(/\\(["\\$`])/g, "$1")
          : (quoted[2] ?? "");
  }
  return values;
}

/** The variables of a file, and what was wrong with it; a file that is optional and missing is fine. */
export function readEnvFile(
  path: string,
  optional: boolean,
): { values: Record<string, string>; problem: string | null } {
  try {
    return { values: parseEnvFile(readFileSync(path, "utf8")), problem: null };
  } catch (error) {
    const missing = codeOf(error) === "ENOENT";
    if (missing && optional) return { values: {}, problem: null };
    return {
      values: {},
      problem: missing ? `${path} is missing` : `${path} cannot be read (${codeOf(error) ?? "?"})`,
    };
  }
}
