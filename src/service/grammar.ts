import { isAbsolute } from "node:path";
import { UserError } from "../core/errors.ts";
import type { ServiceSpec, SupervisorKind } from "./contract.ts";

/**
 * Refuses whatever could become a directive, an argument or a line of its own in a definition (threats.md 4.17): every
 * value of a definition passes here first, the renderers' escaping is the second line.
 * @throws UserError SERVICE_VALUE_INVALID
 */
export function checkSpec(spec: ServiceSpec, kind: SupervisorKind): void {
  const path = kind === "schtasks" ? windowsPath : posixPath;
  path("the runtime", spec.runtime.path);
  path("the program", spec.script);
  path("the state directory", spec.stateDir);
  path("the configuration path", spec.configPath);
  path("the log directory", spec.logsDir);
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/.test(spec.profile)) refuse("the profile", spec.profile);
  if (!/^[0-9A-Za-z.+-]{1,64}$/.test(spec.version)) refuse("the version", spec.version);
  if (spec.node === undefined && (!Number.isInteger(spec.port) || spec.port < 1 || spec.port > 65_535))
    refuse("the port", spec.port);
  const odd = kind === "schtasks" ? /["<>|*%]/ : /["\\'`$]/;
  for (const word of spec.node?.options ?? []) {
    if (word === "" || word.length > 4000 || hasControl(word) || odd.test(word) || word.trim() !== word)
      refuse("the option", word);
  }
  for (const [name, value] of Object.entries(spec.environment)) {
    variableName(name);
    if (!/^[\x20-\x7e\u00a1-\uffff]*$/.test(value) || /["\\'`$]/.test(kind === "schtasks" ? "" : value))
      refuse(`the variable ${name}`, value);
  }
  for (const [name, secret] of Object.entries(spec.secrets)) {
    variableName(name);
    // The value itself is never quoted in an error.
    if (!isSecretText(secret.reveal())) {
      throw new UserError(
        "SERVICE_VALUE_INVALID",
        `${name} has characters that a service definition cannot carry safely (quotes, blanks or control characters)`,
        {
          hint:
            spec.node === undefined
              ? `keep it in the configuration instead: openclaw config set gateway.auth.${name.endsWith("TOKEN") ? "token" : "password"} …`
              : "let the node in by a setup code instead: openclaw node install --setup-code …",
        },
      );
    }
  }
  for (const name of spec.account ? [spec.account.user, spec.account.group] : []) checkAccountName(name);
}

/** Printable ASCII without blanks, quotes and backslash. */
export function isSecretText(value: string): boolean {
  return /^[\x21-\x7e]{1,1024}$/.test(value) && !/['"\\`]/.test(value);
}

/** @throws UserError SERVICE_VALUE_INVALID unless it is a name as useradd(8) gives them. */
export function checkAccountName(name: string): void {
  if (!/^[a-z_][a-z0-9_.-]{0,31}$/i.test(name)) refuse("the account", name);
}

function posixPath(what: string, value: string): void {
  if (!value.startsWith("/") || value.length > 4000 || hasControl(value) || /["\\'`$]/.test(value))
    refuse(what, value);
  // A unit file drops blanks at the end of a line.
  if (/\s$/.test(value)) refuse(what, value);
}

function windowsPath(what: string, value: string): void {
  // "/" stands for the tests' own folders; a definition with such a path is only ever read by them.
  if (!(/^[A-Za-z]:\\/.test(value) || isAbsolute(value)) || hasControl(value) || /["<>|?*%]/.test(value))
    refuse(what, value);
}

function variableName(name: string): void {
  if (!/^[A-Z_][A-Z0-9_]{0,63}$/.test(name)) refuse("the variable name", name);
}

/** C0, C1 and the line and paragraph separators of Unicode. */
function hasControl(text: string): boolean {
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
}

function refuse(what: string, value: unknown): never {
  throw new UserError(
    "SERVICE_VALUE_INVALID",
    `${what} ${JSON.stringify(value)} cannot stand in a service definition`,
    { hint: "use an absolute path or a plain value without quotes, backslashes, $ and control characters" },
  );
}
