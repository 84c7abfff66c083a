import type * as z from "zod/mini";
import { keyInfo, type KeyInfo, type ReloadClass } from "./key.ts";
import { configSchema } from "./root.ts";

type Node = z.core.$ZodType;

/** What the schema says about one place. */
export interface SchemaPlace {
  /** The innermost schema, wrappers (default, optional) taken off; null for a key nobody knows. */
  node: z.core.$ZodTypes | null;
  /** Information of every schema on the way, outermost first. */
  infos: KeyInfo[];
  /** Names of the keys known beside the last segment, when the parent is an object. */
  siblings: string[];
  /** Whether the parent keeps keys it does not know (channels, skills, plug-ins have their own). */
  open: boolean;
}

const wrappers = new Set(["default", "prefault", "optional", "nullable", "readonly", "nonoptional", "catch"]);

/** Takes default/optional wrappers off, collecting their information. */
export function unwrap(schema: Node, infos: KeyInfo[] = []): z.core.$ZodTypes {
  let current = schema as z.core.$ZodTypes;
  for (;;) {
    const info = keyInfo.get(current as never);
    if (info) infos.push(info);
    if (!wrappers.has(current._zod.def.type)) return current;
    current = (current._zod.def as unknown as { innerType: z.core.$ZodTypes }).innerType;
  }
}

/** Looks a path up in the schema; map keys and array indexes match whatever the map or array holds. */
export function schemaAt(path: readonly string[]): SchemaPlace {
  const infos: KeyInfo[] = [];
  let node: z.core.$ZodTypes | null = unwrap(configSchema, infos);
  let siblings: string[] = [];
  let open = false;
  for (const segment of path) {
    const def: z.core.$ZodTypes["_zod"]["def"] | undefined = node?._zod.def;
    siblings = [];
    if (def?.type === "object") {
      siblings = Object.keys(def.shape);
      open = def.catchall !== undefined;
      const next: Node | undefined = Object.hasOwn(def.shape, segment) ? def.shape[segment] : undefined;
      node = next ? unwrap(next, infos) : null;
    } else if (def?.type === "record") {
      open = false;
      node = unwrap(def.valueType, infos);
    } else if (def?.type === "array") {
      open = false;
      node = /^(?:\d+|\*)$/.test(segment) ? unwrap(def.element, infos) : null;
    } else {
      open = open || def?.type === "unknown";
      node = null;
    }
  }
  return { node, infos, siblings, open };
}

const secretName =
  /^(?:token|.*[a-z]Token|secret|.*[a-z]Secret|password|passphrase|api_?key|.*[a-z]ApiKey|private_?key|.*[a-z]PrivateKey)$/i;
const notSecretName = /^(?:maxTokens|contextTokens|reserveTokens|keepRecentTokens)$/;

/**
 * Whether the value at this path is a secret: marked in the schema (itself or anything around it), or named like one
 * where the schema is open (a channel's or plug-in's own settings).
 */
export function isSensitivePath(path: readonly string[]): boolean {
  if (schemaAt(path).infos.some((info) => info.sensitive)) return true;
  return path.some((segment) => secretName.test(segment) && !notSecretName.test(segment));
}

/** The strictest class among the key, what is around it and what is below it (RLD-006/007). */
export function reloadClass(path: readonly string[]): ReloadClass {
  const { infos } = schemaAt(path);
  return infos.findLast((info) => info.reload)?.reload ?? "hot";
}

/** Every path of the schema with its information; `*` stands for any map key or array index. */
export function* schemaPaths(): Generator<{ path: string; node: z.core.$ZodTypes; info: KeyInfo }> {
  yield* walk(configSchema, []);
}

function* walk(
  schema: Node,
  path: string[],
): Generator<{ path: string; node: z.core.$ZodTypes; info: KeyInfo }> {
  const infos: KeyInfo[] = [];
  const node = unwrap(schema, infos);
  const info = infos[0];
  if (info && path.length > 0) yield { path: path.join("."), node, info };
  const def = node._zod.def;
  if (def.type === "object") {
    for (const [name, child] of Object.entries(def.shape)) yield* walk(child, [...path, name]);
  } else if (def.type === "record") yield* walk(def.valueType, [...path, "*"]);
  else if (def.type === "array") yield* walk(def.element, [...path, "*"]);
}

/** Paths of all keys marked as secrets, `*` standing for any name. */
export function sensitivePaths(): string[] {
  const paths: string[] = [];
  for (const { path, info } of schemaPaths()) if (info.sensitive) paths.push(path);
  return paths;
}
