import { isEncryptedFile, readBackup } from "../../../backup/index.ts";
import type { CommandBody } from "../../contract.ts";
import { plural } from "../../format.ts";
import { flag } from "../../options.ts";
import { askPassphrase } from "./passphrase.ts";
import { sizeText } from "./place.ts";

export const run: CommandBody = async (context, [path = ""], options) => {
  const { out, signal } = context;
  const passphrase = (await isEncryptedFile(path))
    ? await askPassphrase(context, { twice: false })
    : undefined;
  const { manifest, encrypted, totalBytes } = await readBackup({
    path,
    ...(passphrase ? { passphrase } : {}),
    signal,
  });
  const { version, createdAt, kind, files, leftOut } = manifest;
  if (flag(options, "json"))
    return out.json({
      ok: true,
      path,
      encrypted,
      version,
      createdAt,
      kind,
      files: files.length,
      totalBytes,
      leftOut,
    });
  out.line(
    out.style.green(`whole: ${plural(files.length, "file")}, ${sizeText(totalBytes)} unpacked`) +
      `, ${kind}, made ${createdAt} by version ${version}`,
  );
};
