import { UsageError } from "../core/errors.ts";

type Options = Record<string, unknown>;

/** A text option, undefined when it was not given. */
export function text(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

export function flag(options: Options, name: string): boolean {
  return options[name] === true;
}

/** A whole number between `min` and `max`. @throws UsageError quoting what was given. */
export function integer(
  options: Options,
  name: string,
  limits: { min: number; max: number; default: number },
): number;
export function integer(
  options: Options,
  name: string,
  limits: { min: number; max: number },
): number | undefined;
export function integer(
  options: Options,
  name: string,
  limits: { min: number; max: number; default?: number },
): number | undefined {
  const value = options[name];
  if (value === undefined || value === null) return limits.default;
  const number =
    typeof value === "number"
      ? value
      : typeof value === "string" && /^\d{1,15}$/.test(value)
        ? Number(value)
        : NaN;
  if (!Number.isInteger(number) || number < limits.min || number > limits.max) {
    throw new UsageError(
      `--${kebab(name)} ${JSON.stringify(value)} is not a whole number from ${limits.min} to ${limits.max}`,
    );
  }
  return number;
}

export { parseDuration } from "../core/duration.ts";

/** Parses JSON given on the command line. @throws UsageError naming the option and the position of the mistake. */
export function jsonOption(options: Options, name: string): unknown {
  const raw = text(options, name);
  if (raw === undefined) return undefined;
  try {
    return JSON.parse(raw);
  } catch (error) {
    throw new UsageError(`--${kebab(name)} is not JSON: ${error instanceof Error ? error.message : "?"}`, {
      hint: `quote it for the shell, e.g. --${kebab(name)} '{"limit": 5}'`,
      cause: error,
    });
  }
}

/** One of a few words. */
export function choice<T extends string>(
  options: Options,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const value = text(options, name);
  if (value === undefined) return undefined;
  const found = allowed.find((word) => word === value);
  if (!found)
    throw new UsageError(`--${kebab(name)} ${JSON.stringify(value)} is not one of ${allowed.join(", ")}`);
  return found;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
}
