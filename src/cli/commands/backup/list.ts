import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isEncryptedFile, readInfo, type BackupInfo } from "../../../backup/index.ts";
import { codeOf } from "../../../core/errors.ts";
import { storageError } from "../../../state/index.ts";
import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag } from "../../options.ts";
import { backupFolder, sizeText } from "./place.ts";

interface Listed {
  path: string;
  bytes: number;
  /** ISO 8601; of the file when it is encrypted. */
  createdAt: string;
  encrypted: boolean;
  /** Null when the archive is encrypted. */
  info: BackupInfo | null;
  /** Why it is no backup, when it is none. */
  error?: string;
}

export const run: CommandBody = async (context, [folder], options) => {
  const { out, clock } = context;
  const place = resolve(folder ?? backupFolder(context));
  const names = await readdir(place).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT" && folder === undefined) return [];
    throw storageError(error, { action: "list", path: place });
  });
  const archives = names.filter((name) => /\.(?:tar\.gz|tgz)(?:\.enc)?$/.test(name) && !name.startsWith("."));
  const listed: Listed[] = [];
  for (const name of archives) listed.push(await look(join(place, name)));
  listed.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  if (flag(options, "json")) return out.json({ folder: place, backups: listed });
  if (listed.length === 0) return out.line(`No backup in ${place}. Make one: openclaw backup create`);
  out.table(
    listed.map(({ path, bytes, createdAt, encrypted, info, error }) => ({
      file: path.slice(place.length + 1),
      made: ago(Date.parse(createdAt), clock.now()),
      size: sizeText(bytes),
      kind: error ?? (encrypted ? "encrypted" : (info?.kind ?? "")),
      version: info?.version ?? "",
    })),
  );
};

async function look(path: string): Promise<Listed> {
  const { size, mtime } = await stat(path);
  const base = { path, bytes: size, createdAt: mtime.toISOString(), encrypted: false, info: null };
  try {
    if (await isEncryptedFile(path)) return { ...base, encrypted: true };
    const info = await readInfo({ path });
    return { ...base, createdAt: info.createdAt, info };
  } catch (error) {
    return { ...base, error: codeOf(error) ?? "unreadable" };
  }
}
