import * as z from "zod/mini";

/**
 * What a change of a key needs: `hot` nothing but the new value, `restart-part` the part that owns it (a channel, a
 * provider client) starts anew, `restart` the server restarts inside its process (RLD-006/007, CFG-053/054).
 */
export type ReloadClass = "hot" | "restart" | "restart-part";

/** What people and forms are told about a key; kept beside its schema, never in it. */
export interface KeyInfo {
  description: string;
  /** The value is a secret: redacted in lists, never logged. */
  sensitive?: boolean;
  /** Inherited by everything below; `hot` where nobody says otherwise (CFG-052). */
  reload?: ReloadClass;
  /** Hidden behind "more" in forms. */
  advanced?: boolean;
  placeholder?: string;
  /** The short spelling `"text"` is accepted too and means `{ [shorthand]: "text" }`. */
  shorthand?: string;
}

export const keyInfo = z.registry<KeyInfo>();

/** Attaches the description (and what else is known) to a schema and returns the same schema. */
export function key<S extends z.ZodMiniType>(
  schema: S,
  description: string,
  info: Omit<KeyInfo, "description"> = {},
): S {
  keyInfo.add(schema, { description, ...info });
  return schema;
}

// Building blocks are shared: a config schema has some 300 keys and every instance costs start-up time.
export const text = z.string();
const flag = z.boolean();
export const texts = z.array(text);
const count = z.int().check(z.gte(0));
const portNumber = z.int().check(z.gte(1), z.lte(65535));

/** A string that may be missing. */
export const optionalText = (description: string, info?: Omit<KeyInfo, "description">) =>
  key(z.optional(text), description, info);
/** A secret that may be missing. */
export const secret = (description: string, info?: Omit<KeyInfo, "description">) =>
  key(z.optional(text), description, { sensitive: true, ...info });
/** A string that must be there: an own instance, because the shared one would carry every description. */
export const requiredText = (description: string, info?: Omit<KeyInfo, "description">) =>
  key(z.string(), description, info);
export const textOr = (value: string, description: string, info?: Omit<KeyInfo, "description">) =>
  key(z._default(text, value), description, info);
export const flagOr = (value: boolean, description: string, info?: Omit<KeyInfo, "description">) =>
  key(z._default(flag, value), description, info);
export const optionalFlag = (description: string, info?: Omit<KeyInfo, "description">) =>
  key(z.optional(flag), description, info);
/** A whole number ≥ 0. */
export const countOr = (value: number, description: string, info?: Omit<KeyInfo, "description">) =>
  key(z._default(count, value), description, info);
export const optionalCount = (description: string, info?: Omit<KeyInfo, "description">) =>
  key(z.optional(count), description, info);
export const textsOr = (value: string[], description: string, info?: Omit<KeyInfo, "description">) =>
  key(z._default(texts, value), description, info);
export const optionalTexts = (description: string, info?: Omit<KeyInfo, "description">) =>
  key(z.optional(texts), description, info);
export const portOr = (value: number, description: string, info?: Omit<KeyInfo, "description">) =>
  key(z._default(portNumber, value), description, info);
export const optionalPort = (description: string, info?: Omit<KeyInfo, "description">) =>
  key(z.optional(portNumber), description, info);
/** One of a closed list of words. */
export const wordOr = <const W extends readonly [string, ...string[]]>(
  words: W,
  value: W[number],
  description: string,
  info?: Omit<KeyInfo, "description">,
) => key(z._default(z.enum(words), value as never), description, info);
export const optionalWord = <const W extends readonly [string, ...string[]]>(
  words: W,
  description: string,
  info?: Omit<KeyInfo, "description">,
) => key(z.optional(z.enum(words)), description, info);

/** An object that is there with its defaults even when the file does not mention it. Unknown keys are dropped. */
export function section<S extends z.core.$ZodShape>(
  shape: S,
  description: string,
  info?: Omit<KeyInfo, "description">,
) {
  return key(z.prefault(z.object(shape), {} as never), description, info);
}

/** An object that may be missing as a whole. */
export function optionalSection<S extends z.core.$ZodShape>(
  shape: S,
  description: string,
  info?: Omit<KeyInfo, "description">,
) {
  return key(z.optional(z.object(shape)), description, info);
}

/** A map from free names to values of one schema. */
export function mapOf<S extends z.ZodMiniType>(
  value: S,
  description: string,
  info?: Omit<KeyInfo, "description">,
) {
  return key(z._default(z.record(text, value), {}), description, info);
}

/** Anything at all, kept as it is. */
export const anything = (description: string, info?: Omit<KeyInfo, "description">) =>
  key(z.optional(z.unknown()), description, info);
