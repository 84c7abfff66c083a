import { UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";

/** The folder every entry of a backup lies in, so that `tar -C "$HOME" -xzf` restores it (CONF-61). */
export const archiveRoot = ".openclaw";
/** First entry: what the backup is. */
export const infoName = `${archiveRoot}/backup-info.json`;
/** Last entry: what it holds. */
export const manifestName = `${archiveRoot}/backup-manifest.json`;
const format = 1;

export type BackupKind = "full" | "minimal";

export interface BackupInfo {
  /** Version of the program that made it. */
  version: string;
  /** ISO 8601. */
  createdAt: string;
  kind: BackupKind;
  profile: string;
  /** Where the state directory was. */
  stateDir: string;
}

export interface ManifestFile {
  /** As in the archive. */
  path: string;
  size: number;
  /** Permission bits. */
  mode: number;
  /** Lower-case hex. */
  sha256: string;
}

export interface BackupManifest extends BackupInfo {
  files: ManifestFile[];
  /** What was not taken although it lies in a place that is backed up, with the reason. */
  leftOut: Array<{ path: string; reason: string }>;
}

export const renderInfo = (info: BackupInfo): string =>
  `${JSON.stringify({ format, product: "openclaw", ...info }, null, 2)}\n`;

export const renderManifest = (manifest: BackupManifest): string =>
  `${JSON.stringify({ format, product: "openclaw", ...manifest }, null, 1)}\n`;

/** @throws UserError ARCHIVE_CORRUPT, ARCHIVE_NEWER */
export function parseInfo(text: string): BackupInfo {
  const value = parse(text, infoName);
  const { version, createdAt, kind, profile, stateDir } = value;
  if (
    typeof version !== "string" ||
    typeof createdAt !== "string" ||
    Number.isNaN(Date.parse(createdAt)) ||
    (kind !== "full" && kind !== "minimal")
  )
    throw broken(infoName);
  return {
    version,
    createdAt,
    kind,
    profile: typeof profile === "string" ? profile : "default",
    stateDir: typeof stateDir === "string" ? stateDir : "",
  };
}

/** @throws UserError ARCHIVE_CORRUPT, ARCHIVE_NEWER */
export function parseManifest(text: string): BackupManifest {
  const value = parse(text, manifestName);
  const { files, leftOut } = value;
  if (!Array.isArray(files) || !files.every(isManifestFile)) throw broken(manifestName);
  return {
    ...parseInfo(text),
    files,
    leftOut: (Array.isArray(leftOut) ? leftOut : []).filter(
      (item): item is BackupManifest["leftOut"][number] =>
        isObject(item) && typeof item["path"] === "string" && typeof item["reason"] === "string",
    ),
  };
}

function isManifestFile(value: unknown): value is ManifestFile {
  return (
    isObject(value) &&
    typeof value["path"] === "string" &&
    typeof value["size"] === "number" &&
    typeof value["mode"] === "number" &&
    typeof value["sha256"] === "string"
  );
}

function parse(text: string, name: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw broken(name, error);
  }
  if (!isObject(value) || value["product"] !== "openclaw" || typeof value["format"] !== "number")
    throw broken(name);
  if (value["format"] > format) {
    throw new UserError(
      "ARCHIVE_NEWER",
      `the backup has format ${value["format"]}; this version reads up to ${format}`,
      { hint: "install the version that made it (or a newer one), then restore" },
    );
  }
  return value;
}

function broken(name: string, cause?: unknown): UserError {
  return new UserError("ARCHIVE_CORRUPT", `the archive is damaged: ${name} cannot be read`, {
    hint: "use another backup: openclaw backup list",
    ...(cause === undefined ? {} : { cause }),
  });
}
