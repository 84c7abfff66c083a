/** What the gateway says about its configuration file. */
export interface ConfigFile {
  path: string;
  raw: string | null;
  /** As it is in force, defaults included; secrets are markers. */
  config: Record<string, unknown>;
  parsed: unknown;
  hash: string;
  valid: boolean;
  issues: Array<{ path: string; message: string }>;
  warnings: Array<{ path: string; message: string }>;
}

export interface PlanStep {
  path: string;
  before: unknown;
  after: unknown;
  action: "hot" | "part" | "process" | "shadowed";
  part?: string;
  by?: string;
  applies: boolean;
}

export interface Plan {
  mode: string;
  steps: PlanStep[];
  parts: string[];
  restart: boolean;
  pending: string[];
}

export interface Revision {
  hash: string;
  at: number;
  author: string;
  reason: string;
  current: boolean;
}

/** The part of JSON Schema the gateway's schema uses. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
}

/** One key of the file that can be set by itself. */
export interface Leaf {
  path: string[];
  schema: Schema;
}

/** Every key of a schema that is no section, in its order. Sections with names of the operator's stay whole. */
export function leavesOf(schema: Schema, path: string[] = []): Leaf[] {
  const { properties } = schema;
  if (properties === undefined || Object.keys(properties).length === 0)
    return path.length === 0 ? [] : [{ path, schema }];
  return Object.entries(properties).flatMap(([name, child]) => leavesOf(child, [...path, name]));
}

export function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined),
    tree,
  );
}

/** A merge patch (RFC 7396) of changed keys; undefined takes a key out of the file. */
export function patchOf(changes: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const [path, value] of changes) {
    const names = path.split(".");
    let at = patch;
    for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>;
    at[names.at(-1) ?? ""] = value ?? null;
  }
  return patch;
}
