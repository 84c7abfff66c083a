import { open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { writeTar, type TarEntry } from "../../../backup/index.ts";
import { codeOf, UserError } from "../../../core/errors.ts";
import { storageError } from "../../../state/index.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { gatherBundle } from "./gather.ts";

const folder = "openclaw-diagnostics";

export const run: CommandBody = async (context, _args, options) => {
  const { out, paths, clock } = context;
  const stamp = new Date(clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  const path = resolve(text(options, "output") ?? join(paths.home, `${folder}-${stamp}.tar.gz`));
  const files = await gatherBundle(context);
  const entries = [...files].map(([name, content]): TarEntry => {
    const body = Buffer.from(content);
    return {
      name: `${folder}/${name}`,
      kind: "file",
      mode: 0o600,
      mtimeMs: clock.now(),
      size: body.length,
      body: [body],
    };
  });
  const blocks: Uint8Array[] = [];
  for await (const block of writeTar(entries)) blocks.push(block);
  const bytes = gzipSync(Buffer.concat(blocks));
  await writeNew(path, bytes);
  if (flag(options, "json")) return out.json({ path, bytes: bytes.length, files: [...files.keys()] });
  out.line(`${path}: ${[...files.keys()].join(", ")}`);
  out.line(out.style.dim(`look into it before you send it: tar -xzOf ${path} | less`));
};

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  try {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === "EEXIST")
      throw new UserError("FILE_EXISTS", `${path} exists already`, {
        hint: "give another name with --output",
        cause: error,
      });
    throw storageError(error, { action: "write", path });
  }
}
