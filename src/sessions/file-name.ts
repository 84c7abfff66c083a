import { createHash } from "node:crypto";
import { join } from "node:path";
import { OpenClawError } from "../core/errors.ts";

const maxLength = 180;
const windowsDevices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * File name (without folder, with `.jsonl`) of the transcript of a session key: the part after `agent:<id>:` with every
 * byte outside `A-Z a-z 0-9 . _ : @ + -` percent-encoded, so `main` gives `main.jsonl` and `dm:telegram:123` gives
 * `dm:telegram:123.jsonl` (CONF-09; on Windows `:` is encoded too). Names that would hide, escape, name a device or
 * exceed what file systems take are changed so that they cannot. Different keys may give names that differ only in
 * case; the caller keeps them apart with {@link distinctFileName}.
 */
export function transcriptFileName(key: string, platform: NodeJS.Platform = process.platform): string {
  const rest = restOf(key);
  const allowed = platform === "win32" ? /[A-Za-z0-9._@+-]/ : /[A-Za-z0-9._:@+-]/;
  let name = "";
  for (const byte of Buffer.from(rest, "utf8")) {
    const char = String.fromCharCode(byte);
    name += byte < 0x80 && allowed.test(char) ? char : percent(byte);
  }
  if (name.startsWith(".")) name = percent(0x2e) + name.slice(1);
  if (platform === "win32" && windowsDevices.test(name)) name = percent(name.charCodeAt(0)) + name.slice(1);
  if (name.length > maxLength) name = `${name.slice(0, maxLength - 20)}~${digest(key)}`;
  return `${name}.jsonl`;
}

/** A name for a key whose plain name another key has: `~` is never in a plain one. */
export function distinctFileName(key: string, platform: NodeJS.Platform = process.platform): string {
  const plain = transcriptFileName(key, platform);
  return `${plain.slice(0, -".jsonl".length)}~${digest(key)}.jsonl`;
}

/** `agent:<id>:<rest>` → `<rest>`; keys without agent (`global`) stand for themselves. */
function restOf(key: string): string {
  return /^agent:[^:]+:(.+)$/s.exec(key)?.[1] ?? key;
}

const percent = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;

function digest(key: string): string {
  return createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 16);
}

/** The agent a canonical key belongs to; keys without one belong to the default agent. */
export function agentOfKey(key: string): string {
  return /^agent:([^:]+):/.exec(key)?.[1] ?? "main";
}

/**
 * Absolute path of a transcript. `file` is a name made by us; the agent id is checked once more, so that no row can
 * lead out of the state directory.
 * @throws OpenClawError STORAGE_CORRUPT
 */
export function transcriptPath(place: { agentsDir: string; agentId: string; file: string }): string {
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(place.agentId) || /[/\\\0]/.test(place.file))
    throw new OpenClawError(
      "STORAGE_CORRUPT",
      `transcript ${JSON.stringify(place.file)} of agent ${JSON.stringify(place.agentId)} is not a safe name`,
    );
  return join(place.agentsDir, place.agentId, "sessions", place.file);
}
