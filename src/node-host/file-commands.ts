import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { isInside, openRootFs, type RootFs } from "../guard/index.ts";
import type { NodeCommand, NodeTools, Share } from "./contract.ts";

/** Bytes of one `file.read` or `file.write`: base64 of it fits into a frame. */
const maxChunkBytes = 256 * 1024;
const maxEntries = 1000;

const path = z.string().min(1).max(4096);
const listParams = z.object({ path: path.nullish() });
const readParams = z.object({
  path,
  offset: z.int().min(0).nullish(),
  length: z.int().min(1).max(maxChunkBytes).nullish(),
  encoding: z.enum(["base64", "utf8"]).nullish(),
});
const writeParams = z.object({
  path,
  text: z.string().max(maxChunkBytes).nullish(),
  base64: z
    .string()
    .max(Math.ceil(maxChunkBytes / 3) * 4)
    .regex(/^[A-Za-z0-9+/]*={0,2}$/)
    .nullish(),
  mustNotExist: z.boolean().nullish(),
});

/** `file.*`: what lies in the folders this machine's owner shared, and nothing else. */
export function fileCommands(tools: NodeTools): Record<string, NodeCommand> {
  const open = async (name: string, need: "read" | "write"): Promise<{ root: RootFs; share: Share }> => {
    const share = tools.shares
      .filter((each) => isInside(each.path, name))
      .toSorted((a, b) => b.path.length - a.path.length)[0];
    if (!share)
      throw new UserError("PATH_NOT_SHARED", `${JSON.stringify(name.slice(0, 200))} is in no shared folder`, {
        hint: "file.list without a path lists the shared folders",
      });
    if (need === "write" && !share.write)
      throw new UserError("PATH_READ_ONLY", `${share.path} is shared for reading only`);
    return { root: await openRootFs(share.path, { denied: tools.denied }), share };
  };

  const list: NodeCommand = async (raw) => {
    const { path: name } = listParams.parse(raw ?? {});
    if (!name) return { ok: true, payload: { shares: tools.shares } };
    const { root } = await open(name, "read");
    return { ok: true, payload: { path: name, ...(await root.list(name, { limit: maxEntries })) } };
  };

  const read: NodeCommand = async (raw) => {
    const { path: name, offset, length, encoding } = readParams.parse(raw);
    const { root } = await open(name, "read");
    const start = offset ?? 0;
    const { bytes, size, mtimeMs } = await root.read(name, {
      offset: start,
      length: length ?? maxChunkBytes,
    });
    const content =
      encoding === "utf8"
        ? { text: new TextDecoder().decode(bytes) }
        : { base64: Buffer.from(bytes).toString("base64") };
    const payload = { path: name, size, mtimeMs, offset: start, bytes: bytes.length, ...content };
    return { ok: true, payload };
  };

  const write: NodeCommand = async (raw) => {
    const { path: name, text, base64, mustNotExist } = writeParams.parse(raw);
    if ((text ?? null) === null && (base64 ?? null) === null)
      throw new UserError("INVALID_REQUEST", "file.write needs text or base64");
    const { root } = await open(name, "write");
    const data = base64 ? Buffer.from(base64, "base64") : (text ?? "");
    const done = await root.write(name, data, mustNotExist ? { mustNotExist } : {});
    return { ok: true, payload: { path: name, ...done } };
  };

  if (tools.shares.length === 0) return {};
  return {
    "file.list": list,
    "file.read": read,
    ...(tools.shares.some((share) => share.write) ? { "file.write": write } : {}),
  };
}
