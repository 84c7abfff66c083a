import { isObject } from "../../core/json.ts";

// What a platform sends is read field by field: anything may be missing, or of another kind.

export type Fields = Record<string, unknown>;

/** An object, or an empty one. */
export const fields = (value: unknown): Fields => (isObject(value) ? value : {});
/** A list of objects; whatever else is in it is left out. */
export const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isObject) : []);
/** A text, or "". */
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
/** A number, or undefined. */
export const count = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;
