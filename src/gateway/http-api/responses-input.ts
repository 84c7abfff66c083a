import { isObject } from "../../core/json.ts";
import type { createMediaReader, MediaSource } from "./input-media.ts";
import { badRequest } from "./reply.ts";
import type { NeutralMessage, NeutralPart } from "./turn.ts";

type MediaReader = ReturnType<typeof createMediaReader>;

const roles: Record<string, NeutralMessage["role"]> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
};

/** Input of `/v1/responses`: a text, or items (protocol.md 5). @throws ApiError 400 naming the item. */
export async function readInput(input: string | unknown[], media: MediaReader): Promise<NeutralMessage[]> {
  if (typeof input === "string") return [{ role: "user", parts: [{ type: "text", text: input }] }];
  const messages: NeutralMessage[] = [];
  for (const [index, item] of input.entries()) {
    const at = `input[${index}]`;
    if (!isObject(item)) throw badRequest(`${at}: an item must be an object`, at);
    const message = await readItem(item, at, media);
    const last = messages.at(-1);
    // Calls stand beside the text of the same assistant turn, as items they come one by one.
    if (message?.role === "assistant" && last?.role === "assistant") last.parts.push(...message.parts);
    else if (message) messages.push(message);
  }
  return messages;
}

async function readItem(
  item: Record<string, unknown>,
  at: string,
  media: MediaReader,
): Promise<NeutralMessage | null> {
  switch (item["type"] ?? "message") {
    case "message": {
      const role = roles[String(item["role"])];
      if (role === undefined)
        throw badRequest(`${at}: 'role' must be system, developer, user or assistant`, at);
      return { role, parts: await readContent(item["content"], at, media) };
    }
    case "function_call": {
      const id = item["call_id"] ?? item["id"];
      const { name, arguments: args } = item;
      if (typeof id !== "string" || typeof name !== "string") {
        throw badRequest(`${at}: a function_call needs call_id and name`, at);
      }
      const text = typeof args === "string" ? args : "{}";
      return { role: "assistant", parts: [{ type: "tool_call", id, name, arguments: text }] };
    }
    case "function_call_output": {
      const id = item["call_id"];
      if (typeof id !== "string") throw badRequest(`${at}: a function_call_output needs call_id`, at);
      const parts = await readContent(item["output"], at, media);
      const output = parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
      return { role: "tool", parts: [{ type: "tool_result", id, output }] };
    }
    // What a model thought, and pointers to what the gateway remembers itself.
    case "reasoning":
    case "item_reference":
      return null;
    default:
      throw badRequest(`${at}: items of type ${JSON.stringify(item["type"])} are not understood`, at);
  }
}

async function readContent(content: unknown, at: string, media: MediaReader): Promise<NeutralPart[]> {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) throw badRequest(`${at}: 'content' must be text or a list of parts`, at);
  const parts: NeutralPart[] = [];
  for (const part of content as unknown[]) {
    if (!isObject(part)) throw badRequest(`${at}: a content part must be an object`, at);
    const { type, text } = part;
    const isText = type === "input_text" || type === "output_text" || type === "text";
    if (isText && typeof text === "string") parts.push({ type: "text", text });
    else if (type === "refusal" && typeof part["refusal"] === "string")
      parts.push({ type: "text", text: part["refusal"] });
    else if (type === "input_image") parts.push(await media.image(imageSource(part, at)));
    else if (type === "input_file") parts.push(await media.file(fileSource(part, at)));
    else throw badRequest(`${at}: parts of type ${JSON.stringify(type)} are not understood`, at);
  }
  return parts;
}

function imageSource(part: Record<string, unknown>, at: string): MediaSource {
  const url = part["image_url"];
  if (typeof url === "string")
    return url.startsWith("data:") ? { kind: "base64", data: url } : { kind: "url", url };
  return sourceMember(part["source"], at, undefined);
}

function fileSource(part: Record<string, unknown>, at: string): MediaSource {
  const name = typeof part["filename"] === "string" ? part["filename"] : undefined;
  const fileName = name === undefined ? {} : { fileName: name };
  if (typeof part["file_data"] === "string") return { kind: "base64", data: part["file_data"], ...fileName };
  if (typeof part["file_url"] === "string") return { kind: "url", url: part["file_url"], ...fileName };
  return sourceMember(part["source"], at, name);
}

/** `source: {type: "url", url}` or `{type: "base64", media_type, data}`. */
function sourceMember(source: unknown, at: string, name: string | undefined): MediaSource {
  if (isObject(source)) {
    const own = source["filename"];
    const fileName = name ?? (typeof own === "string" ? own : undefined);
    const named = fileName === undefined ? {} : { fileName };
    if (typeof source["url"] === "string") return { kind: "url", url: source["url"], ...named };
    if (typeof source["data"] === "string") {
      const mimeType = source["media_type"];
      return {
        kind: "base64",
        data: source["data"],
        ...(typeof mimeType === "string" ? { mimeType } : {}),
        ...named,
      };
    }
  }
  throw badRequest(
    `${at}: an image or file needs its data or an address; ids of uploaded files are not known here`,
    at,
  );
}
