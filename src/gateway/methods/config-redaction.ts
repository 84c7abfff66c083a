import { createHash } from "node:crypto";
import { isObject } from "../../core/json.ts";
import { isSensitivePath } from "../../config/schema/index.ts";
import type { ConfigSnapshot } from "../../config/contract.ts";
import { invalidRequest } from "./settings.ts";

const marker = "__OPENCLAW_REDACTED__";
/** Stands for every text of a file that is no JSON5. */
const hidden = "…";
/** Keys of parts that bring their own settings (channels, providers) and look like secrets. */
const secretName = /(token|passw(or)?d|secret|api_?key|private_?key)$/i;

function isSecretAt(path: readonly string[], value: unknown): value is string {
  if (typeof value !== "string" || value === "") return false;
  // A reference to the environment is not the secret itself.
  if (/^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(value)) return false;
  return isSensitivePath(path) || secretName.test(path.at(-1) ?? "");
}

/** Calls `visit` for every string of a tree. */
function walk(value: unknown, path: string[], visit: (path: string[], text: string) => void): void {
  if (typeof value === "string") return visit(path, value);
  if (Array.isArray(value))
    return value.forEach((child, index) => walk(child, [...path, String(index)], visit));
  if (isObject(value)) for (const [name, child] of Object.entries(value)) walk(child, [...path, name], visit);
}

/** Every secret of a parsed file with the marker that stands for it: the first path that holds it. */
function markersOf(parsed: unknown): Map<string, string> {
  const markers = new Map<string, string>();
  walk(parsed, [], (path, text) => {
    if (isSecretAt(path, text) && !markers.has(text)) markers.set(text, `${marker}:${path.join(".")}`);
  });
  return markers;
}

function redactTree(value: unknown, path: string[]): unknown {
  if (isSecretAt(path, value)) return `${marker}:${path.join(".")}`;
  if (Array.isArray(value)) return value.map((child, index) => redactTree(child, [...path, String(index)]));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [name, redactTree(child, [...path, name])]),
  );
}

export interface RedactedConfig {
  raw: string | null;
  parsed: unknown;
  config: unknown;
  /** SHA-256 of the redacted text: a hash of the secrets would let them be guessed offline (threats.md 4.15). */
  hash: string;
}

/** The configuration as a reply may carry it: each secret replaced by a marker that a later write turns back. */
export async function redactConfig(
  snapshot: Pick<ConfigSnapshot, "raw" | "parsed" | "hash"> & { config: unknown },
): Promise<RedactedConfig> {
  const raw = snapshot.raw === null ? null : await redactText(snapshot.raw, snapshot.parsed);
  return {
    raw,
    parsed: redactTree(snapshot.parsed, []),
    config: redactTree(snapshot.config, []),
    hash: raw === null ? snapshot.hash : createHash("sha256").update(raw).digest("hex"),
  };
}

async function redactText(raw: string, parsed: unknown): Promise<string> {
  const markers = markersOf(parsed);
  if (parsed === null || parsed === undefined) return hideTexts(raw);
  let text = raw;
  for (const [secret, mark] of longestFirst(markers)) {
    text = text
      .replaceAll(JSON.stringify(secret), JSON.stringify(mark))
      .replaceAll(`'${secret}'`, `'${mark}'`);
    // Somebody may have kept a copy in a comment.
    if (secret.length >= 8) text = text.replaceAll(secret, mark);
  }
  return (await onlyMarkers(text)) ? text : JSON.stringify(redactTree(parsed, []), null, 2);
}

/** In a file that is no JSON5 nobody can tell the secrets: every text goes, also one that never ends or lacks its quotes. */
function hideTexts(raw: string): string {
  return raw
    .replace(/(["'])(?:\\[\s\S]|(?!\1)[^\n])*(?:\1|$)/gm, `"${hidden}"`)
    .replace(/(:\s*)(?!(?:true|false|null|-?\d{1,10})\b)[^\s"'{}[\],]+/g, `$1${hidden}`);
}

const longestFirst = (markers: Map<string, string>) => [...markers].sort(([a], [b]) => b.length - a.length);

/** True when every secret place holds a marker and no other place does. */
async function onlyMarkers(text: string): Promise<boolean> {
  let clean = true;
  walk(await parse(text), [], (path, value) => {
    if (isSecretAt(path, value) !== value.startsWith(marker)) clean = false;
  });
  return clean;
}

async function parse(text: string): Promise<unknown> {
  const json5 = (await import("json5")).default;
  return json5.parse(text);
}

/**
 * Puts the secrets of the current file back where a client left their markers.
 * @throws INVALID_REQUEST for a marker of no known secret, or one moved to a place that is not secret: it would be
 * readable there.
 */
export async function restoreSecrets(text: string, current: ConfigSnapshot): Promise<string> {
  if (!text.includes(marker) && current.parsed !== null) return text;
  let tree: unknown;
  try {
    tree = await parse(text);
  } catch {
    // The store says where the text is broken.
    return text;
  }
  const markers = markersOf(current.parsed);
  const known = new Set(markers.values());
  walk(tree, [], (path, value) => {
    if (value === hidden && current.parsed === null)
      throw invalidRequest(
        `${path.join(".")} holds "${hidden}": the texts of a broken file are not handed out, so they cannot be saved back`,
        "on the gateway's machine: openclaw config edit, or openclaw config revert",
      );
    if (!value.includes(marker)) return;
    if (!known.has(value))
      throw invalidRequest(
        `${path.join(".")} holds ${JSON.stringify(value.slice(0, 120))}, which stands for no stored secret`,
        "re-run config.get and retry",
      );
    if (!isSecretAt(path, value))
      throw invalidRequest(`a stored secret cannot be moved to ${path.join(".")}`);
  });
  let restored = text;
  for (const [secret, mark] of [...markers].sort(([, a], [, b]) => b.length - a.length)) {
    restored = restored
      .replaceAll(JSON.stringify(mark), JSON.stringify(secret))
      .replaceAll(`'${mark}'`, /['\\\n]/.test(secret) ? JSON.stringify(secret) : `'${secret}'`);
    if (secret.length >= 8) restored = restored.replaceAll(mark, secret);
  }
  return restored;
}
