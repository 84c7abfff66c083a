import { z } from "zod";
import { UserError } from "../../../core/errors.ts";
import type { RootFs } from "../../../guard/index.ts";
import type { Tool, ToolOutput } from "../../contract.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";
import { binaryType, formatBytes } from "../../tool-kit/file-type.ts";
import { workspaceOf } from "../../tool-kit/workspace.ts";

const defaultLines = 1000;
const maxLines = 5000;
const maxLineLength = 2000;
const maxChars = 100_000;
const maxImageBytes = 8 * 1024 * 1024;
const chunkBytes = 256 * 1024;

const input = z.strictObject({
  path: z.string().min(1).describe("File in the workspace, e.g. notes/todo.md"),
  offset: z.int().min(1).optional().describe("First line to show, counted from 1"),
  limit: z.int().min(1).max(maxLines).optional().describe(`Number of lines, default ${defaultLines}`),
});

export function readTool(services: Pick<ToolServices, "rootFor" | "denied" | "putMedia">): Tool {
  return defineTool({
    name: "read",
    description:
      "Read a text file of the workspace with line numbers, or look at an image (png, jpeg, gif, webp). Long files: use offset and limit.",
    groups: ["group:fs"],
    effect: "read",
    insideSandbox: true,
    input,
    async run({ path, offset = 1, limit = defaultLines }, context): Promise<ToolOutput> {
      const root = await workspaceOf(services, context);
      const head = await root.read(path, { length: 8192 });
      const binary = binaryType(head.bytes);
      if (binary?.image && services.putMedia) {
        if (head.size > maxImageBytes) {
          throw new UserError(
            "FILE_TOO_LARGE",
            `${path} is an image of ${formatBytes(head.size)}; at most ${formatBytes(maxImageBytes)} can be shown`,
          );
        }
        const { bytes } = await root.read(path, { length: maxImageBytes });
        const digest = await services.putMedia(context.sessionKey, bytes);
        return {
          content: [
            { type: "text", text: `${path}: ${binary.type}, ${formatBytes(bytes.length)}` },
            { type: "image", digest, mimeType: binary.type, bytes: bytes.length },
          ],
        };
      }
      if (binary) {
        throw new UserError(
          "FILE_BINARY",
          `${path} is a binary file (${binary.type}, ${formatBytes(head.size)}) and cannot be shown as text`,
        );
      }
      return textOutput(await readLines(root, { path, offset, limit, signal: context.signal }));
    },
  });
}

/** Numbered lines from `offset` on; says what follows. The file is read in pieces, so its size does not matter. */
async function readLines(
  root: RootFs,
  options: { path: string; offset: number; limit: number; signal: AbortSignal },
): Promise<string> {
  const { path, offset, limit } = options;
  const decoder = new TextDecoder();
  const shown: string[] = [];
  let chars = 0;
  let line = 1;
  let rest = "";
  let full = false;
  let position = 0;
  const take = (text: string) => {
    if (line >= offset && !full) {
      const cut =
        text.length > maxLineLength
          ? `${text.slice(0, maxLineLength)} … (${text.length - maxLineLength} more characters)`
          : text;
      if (shown.length >= limit || chars + cut.length > maxChars) full = true;
      else {
        shown.push(`${line}\t${cut}`);
        chars += cut.length;
      }
    }
    line++;
  };
  while (!full) {
    options.signal.throwIfAborted();
    const { bytes, size } = await root.read(path, { offset: position, length: chunkBytes });
    position += bytes.length;
    const last = bytes.length === 0 || position >= size;
    const pieces = (rest + decoder.decode(bytes, { stream: !last })).split("\n");
    rest = pieces.pop() ?? "";
    for (const piece of pieces) {
      if (full) break;
      take(piece.endsWith("\r") ? piece.slice(0, -1) : piece);
    }
    if (last) {
      if (rest !== "" && !full) take(rest);
      break;
    }
    // One line as long as this is data, not text to read: keep what is shown of it.
    if (rest.length > chunkBytes) rest = rest.slice(0, chunkBytes);
  }
  if (full) return `${shown.join("\n")}\n(more follows: read again with offset ${offset + shown.length})`;
  if (shown.length > 0) return shown.join("\n");
  return line === 1
    ? "(the file is empty)"
    : `(the file has ${line - 1} lines; offset ${offset} is past its end)`;
}
