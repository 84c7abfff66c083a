import { isObject } from "../core/json.ts";
import type { WireError } from "./errors.ts";

/** Echoed unchanged: real clients send strings, the documents show a number (CONF-38). */
export type RequestId = string | number;

export interface RequestFrame {
  type: "req";
  id: RequestId;
  method: string;
  params?: unknown;
}

export interface StateVersion {
  presence: number;
  health: number;
}

export type ParsedFrame = { ok: true; frame: RequestFrame } | { ok: false; id: RequestId; problems: string };

const requestMembers = new Set(["type", "id", "method", "params"]);

/**
 * Checks the shape of a parsed inbound frame. By hand and not by schema: it runs once per request and must not
 * allocate for a good frame. `lenient` lets unknown members pass (protocol 4); they are never looked at.
 */
export function parseRequestFrame(value: unknown, options: { lenient: boolean }): ParsedFrame {
  if (!isObject(value)) return { ok: false, id: "invalid", problems: "at root: must be object" };
  const { type, id, method } = value;
  const goodId = (typeof id === "string" && id !== "") || (typeof id === "number" && Number.isFinite(id));
  const problems: string[] = [];
  if (type !== "req") problems.push("at /type: must be equal to 'req'");
  if (id === undefined) problems.push("at root: must have required property 'id'");
  else if (!goodId) problems.push("at /id: must be a non-empty string or a number");
  if (method === undefined) problems.push("at root: must have required property 'method'");
  else if (typeof method !== "string" || method === "")
    problems.push("at /method: must be a non-empty string");
  if (!options.lenient) {
    for (const name in value) {
      if (!requestMembers.has(name)) problems.push(`at root: unexpected property '${name.slice(0, 64)}'`);
    }
  }
  if (problems.length > 0) {
    return { ok: false, id: goodId ? id : "invalid", problems: problems.join("; ") };
  }
  return { ok: true, frame: value as unknown as RequestFrame };
}

/** Text of a successful response. `payloadJson` is inserted as it is. */
export function okFrame(id: RequestId, payloadJson: string | undefined): string {
  const head = `{"type":"res","id":${JSON.stringify(id)},"ok":true`;
  return payloadJson === undefined ? `${head}}` : `${head},"payload":${payloadJson}}`;
}

/** Text of a failed response; `payloadJson` only for `agent`, whose failure carries both (protocol.md 3.5). */
export function errorFrame(id: RequestId, error: WireError, payloadJson?: string): string {
  const payload = payloadJson === undefined ? "" : `,"payload":${payloadJson}`;
  return `{"type":"res","id":${JSON.stringify(id)},"ok":false${payload},"error":${JSON.stringify(error)}}`;
}

/** Text of an event. `seq` and `stateVersion` are left out when undefined. */
export function eventFrame(
  event: string,
  payloadJson: string | undefined,
  numbers: { seq?: number; stateVersion?: StateVersion } = {},
): string {
  let text = `{"type":"event","event":${JSON.stringify(event)}`;
  if (payloadJson !== undefined) text += `,"payload":${payloadJson}`;
  if (numbers.seq !== undefined) text += `,"seq":${numbers.seq}`;
  if (numbers.stateVersion !== undefined) text += `,"stateVersion":${JSON.stringify(numbers.stateVersion)}`;
  return `${text}}`;
}
