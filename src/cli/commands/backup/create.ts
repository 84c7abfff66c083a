import { join } from "node:path";
import { UsageError } from "../../../core/errors.ts";
import { createBackup } from "../../../backup/index.ts";
import type { CommandBody } from "../../contract.ts";
import { plural, tildePath } from "../../format.ts";
import { flag, text } from "../../options.ts";
import { askPassphrase } from "./passphrase.ts";
import { backupFolder, outsideWorkspaces, sizeText } from "./place.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { paths, out, clock, signal, version } = context;
  if (flag(options, "full") && flag(options, "minimal"))
    throw new UsageError("--full and --minimal exclude each other", { hint: "use one of them" });
  const kind = flag(options, "minimal") ? "minimal" : "full";
  const encrypted = flag(options, "encrypt");
  const passphrase = encrypted ? await askPassphrase(context, { twice: true }) : undefined;
  const stamp = new Date(clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  const name = `openclaw-${paths.profile}-${stamp}${kind === "minimal" ? "-minimal" : ""}.tar.gz${encrypted ? ".enc" : ""}`;
  const { path, bytes, manifest } = await createBackup({
    paths,
    kind,
    output: text(options, "output") ?? join(backupFolder(context), name),
    ...(passphrase ? { passphrase } : {}),
    version,
    clock,
    signal,
    outside: kind === "full" ? await outsideWorkspaces(context) : [],
  });
  const { createdAt, files, leftOut } = manifest;
  if (flag(options, "json"))
    return out.json({ path, bytes, kind, encrypted, createdAt, files: files.length, leftOut });
  out.line(`${path}: ${plural(files.length, "file")}, ${sizeText(bytes)}${encrypted ? ", encrypted" : ""}`);
  for (const left of leftOut) out.line(out.style.yellow(`left out: ${left.path} (${left.reason})`));
  out.line(out.style.dim(`check it: openclaw backup verify ${tildePath(path, paths.home)}`));
};
