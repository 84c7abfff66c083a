import type { ImageBlock } from "../../../core/conversation.ts";
import { isObject } from "../../../core/json.ts";
import type { ToolContext, ToolOutput } from "../../contract.ts";
import { binaryType, formatBytes } from "../../tool-kit/file-type.ts";
import { frameUntrusted } from "../../tool-kit/frame-untrusted.ts";
import { workspaceOf } from "../../tool-kit/workspace.ts";
import type { ToolServices } from "../services.ts";

/** Folder in the workspace for pictures and recordings of nodes, so that they can be looked at again and sent on. */
const nodeMediaFolder = "nodes";
const maxShown = 100_000;

type ResultServices = Pick<ToolServices, "rootFor" | "denied" | "putMedia">;

/**
 * What a node answered, for the model: data as another machine's words, and what came as base64 as a file of the
 * workspace, which is a picture to look at when it is one. What a file is, its bytes say, not the node.
 */
export async function resultOf(
  services: ResultServices,
  answer: { command: string; node: string; payload: unknown },
  context: ToolContext,
): Promise<ToolOutput> {
  const { command, node, payload } = answer;
  const fields: Record<string, unknown> = isObject(payload) ? { ...payload } : { answer: payload };
  const { base64 } = fields;
  const files: string[] = [];
  const images: ImageBlock[] = [];
  if (typeof base64 === "string" && base64 !== "") {
    const bytes = Buffer.from(base64, "base64");
    const type = binaryType(bytes.subarray(0, 8192));
    fields["base64"] = `(${formatBytes(bytes.length)}, kept as a file)`;
    const name = `${nodeMediaFolder}/${stamp(context)}-${command.replaceAll(/[^\w.-]/g, "_")}.${extensionOf(fields["format"], type?.type ?? null)}`;
    const root = await workspaceOf(services, context);
    await root.write(name, bytes);
    files.push(name);
    if (type?.image && services.putMedia) {
      const digest = await services.putMedia(context.sessionKey, bytes);
      images.push({ type: "image", digest, mimeType: type.type, bytes: bytes.length });
    }
  }
  const text = JSON.stringify(fields, null, 1);
  const shown =
    text.length > maxShown
      ? `${text.slice(0, maxShown).toWellFormed()}\n… (${text.length - maxShown} more characters)`
      : text;
  const lines = [
    ...files.map((file) => `Kept as ${file} in the workspace.`),
    frameUntrusted(shown, `node ${node}, ${command}`),
  ];
  return { content: [{ type: "text", text: lines.join("\n") }, ...images], details: { files } };
}

const stamp = ({ clock, callId }: ToolContext): string =>
  `${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, "-")}-${callId.replaceAll(/\W/g, "").slice(-6)}`;

const extensions: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/gif": "gif",
  "image/webp": "webp",
  "application/pdf": "pdf",
  "application/zip": "zip",
};

function extensionOf(format: unknown, type: string | null): string {
  const known = type === null ? undefined : extensions[type];
  if (known !== undefined) return known;
  return typeof format === "string" && /^[a-z0-9]{1,5}$/i.test(format) ? format.toLowerCase() : "bin";
}
