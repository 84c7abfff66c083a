import { isObject } from "../../core/json.ts";
import type { WireInteraction, WireMessage, WireReaction, WireVote } from "./types.ts";
import { isId } from "./wire.ts";

// Whether what came over the wire has what reading it takes for granted. Everything else in it is optional to its reader.

function hasIds(value: unknown, ...keys: string[]): value is Record<string, unknown> {
  return isObject(value) && keys.every((key) => typeof value[key] === "string" && isId(value[key]));
}

export function isMessage(value: unknown): value is WireMessage {
  return (
    hasIds(value, "id", "channel_id") &&
    hasIds(value["author"], "id") &&
    typeof value["author"]["username"] === "string" &&
    typeof value["content"] === "string" &&
    typeof value["timestamp"] === "string" &&
    Array.isArray(value["mentions"]) &&
    Array.isArray(value["attachments"])
  );
}

export function isReaction(value: unknown): value is WireReaction {
  return hasIds(value, "user_id", "channel_id", "message_id") && isObject(value["emoji"]);
}

export function isVote(value: unknown): value is WireVote {
  return hasIds(value, "user_id", "channel_id", "message_id") && typeof value["answer_id"] === "number";
}

export function isInteraction(value: unknown): value is WireInteraction {
  return hasIds(value, "id", "application_id") && typeof value["token"] === "string";
}

/** Things with an id: channels, threads, servers. */
export function isNamed(value: unknown): value is { id: string } & Record<string, unknown> {
  return hasIds(value, "id");
}

export function isDeletion(
  value: unknown,
): value is { id?: string; ids?: string[]; channel_id: string; guild_id?: string } {
  if (!hasIds(value, "channel_id")) return false;
  const { ids } = value;
  return Array.isArray(ids) ? ids.every((id) => typeof id === "string") : hasIds(value, "id");
}
