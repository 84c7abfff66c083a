import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { OpenClawConfig } from "../../config/schema/index.ts";
import { isObject } from "../../core/json.ts";
import { renderTemplate, type HookEvent } from "./hook-template.ts";

type Mapping = OpenClawConfig["hooks"]["mappings"][number];

/** What a call to a hook asks for, whichever road it came on. */
export type HookCall =
  | { kind: "wake"; text: string; mode: "now" | "next-heartbeat" }
  | {
      kind: "agent";
      message: string;
      name: string;
      agentId: string | undefined;
      /** The caller chose the agent, so `hooks.allowedAgentIds` must name it. */
      agentAsked: boolean;
      /** Tells conversations of one hook apart; never a whole session key. */
      label: string | undefined;
      deliver: boolean;
      channel: string | undefined;
      to: string | undefined;
      model: string | undefined;
      thinking: string | undefined;
      timeoutSeconds: number | undefined;
    };

export type Reading = { ok: true; call: HookCall } | { ok: false; status: 400 | 404 | 501; error: string };

const text = z.string();
const wakeBody = z.object({ text, mode: z.enum(["now", "next-heartbeat"]).optional() });
const agentBody = z.object({
  message: text,
  name: text.max(120).optional(),
  agentId: text.optional(),
  sessionKey: text.optional(),
  // Nothing beats by itself here, so both words mean the same; a wrong one is still a mistake.
  wakeMode: z.enum(["now", "next-heartbeat"]).optional(),
  deliver: z.boolean().optional(),
  channel: text.optional(),
  to: text.optional(),
  model: text.optional(),
  thinking: text.optional(),
  timeoutSeconds: z.number().positive().optional(),
});

/** Mappings that `hooks.presets` switches on by name. */
const presets: Record<string, Mapping> = {
  gmail: {
    id: "gmail",
    match: { path: "gmail" },
    action: "agent",
    name: "Gmail",
    sessionKey: "gmail:{{messages[0].id}}",
    messageTemplate:
      "New mail from {{messages[0].from}}\nSubject: {{messages[0].subject}}\n{{messages[0].snippet}}\n{{messages[0].body}}",
  },
};

/** Reads a call to `name` (the path below `hooks.path`): `wake`, `agent`, or the first mapping that fits. */
export function readHookCall(
  name: string,
  event: HookEvent,
  hooks: Pick<OpenClawConfig["hooks"], "mappings" | "presets">,
): Reading {
  if (name === "wake") {
    const read = wakeBody.safeParse(event.payload);
    if (!read.success) return mistake(read.error);
    return wake(read.data.text, read.data.mode ?? "now", "text");
  }
  if (name === "agent") {
    const read = agentBody.safeParse(event.payload);
    if (!read.success) return mistake(read.error);
    const { data } = read;
    if (data.message.trim() === "") return refused(400, "'message' must not be empty");
    if (data.agentId?.trim() === "") return refused(400, "'agentId' must not be blank; leave it out instead");
    return {
      ok: true,
      call: {
        kind: "agent",
        message: data.message,
        name: data.name?.trim() || "Hook",
        agentId: data.agentId,
        agentAsked: data.agentId !== undefined,
        label: data.sessionKey,
        deliver: data.deliver ?? true,
        channel: data.channel,
        to: data.to,
        model: data.model,
        thinking: data.thinking,
        timeoutSeconds: data.timeoutSeconds,
      },
    };
  }
  const named = hooks.presets.flatMap((preset) => {
    const mapping = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
    return mapping ? [mapping] : [];
  });
  const mapping = [...hooks.mappings, ...named].find((each) => fits(each, name, event.payload));
  return mapping ? fromMapping(mapping, name, event) : refused(404, "Not Found");
}

function fits({ match }: Mapping, name: string, payload: unknown): boolean {
  const path = match?.path?.replaceAll(/^\/+|\/+$/g, "");
  if (path !== undefined && path !== name) return false;
  return match?.source === undefined || (isObject(payload) && payload["source"] === match.source);
}

function fromMapping(mapping: Mapping, name: string, event: HookEvent): Reading {
  const title = mapping.id ?? name;
  if (mapping.transform !== undefined) {
    return refused(
      501,
      `hook mapping ${JSON.stringify(title)} has a transform, and code from files is not run here; use messageTemplate or textTemplate`,
    );
  }
  const render = (template: string | undefined) =>
    template === undefined ? undefined : renderTemplate(template, event);
  if (mapping.action === "wake") {
    return wake(
      render(mapping.textTemplate ?? mapping.messageTemplate) ?? plain(event.payload),
      "now",
      title,
    );
  }
  const message = render(mapping.messageTemplate ?? mapping.textTemplate) ?? plain(event.payload);
  if (message.trim() === "")
    return refused(400, `hook mapping ${JSON.stringify(title)} made an empty message`);
  return {
    ok: true,
    call: {
      kind: "agent",
      message,
      name: render(mapping.name)?.trim() || title,
      agentId: mapping.agentId,
      agentAsked: false,
      label: render(mapping.sessionKey),
      deliver: mapping.deliver ?? true,
      channel: mapping.channel,
      to: mapping.to,
      model: mapping.model,
      thinking: mapping.thinking,
      timeoutSeconds: mapping.timeoutSeconds,
    },
  };
}

/** A body without a template: its own text where it has one, else all of it. */
function plain(payload: unknown): string {
  if (isObject(payload)) {
    for (const name of ["message", "text"]) {
      const value = payload[name];
      if (typeof value === "string" && value.trim() !== "") return value;
    }
  }
  return JSON.stringify(payload);
}

function wake(what: string, mode: "now" | "next-heartbeat", where: string): Reading {
  if (what.trim() === "") return refused(400, `'${where}' must not be empty`);
  return { ok: true, call: { kind: "wake", text: what, mode } };
}

function refused(status: 400 | 404 | 501, error: string): Reading {
  return { ok: false, status, error };
}

function mistake(error: z.ZodError): Reading {
  const issue = error.issues[0];
  const where = issue?.path.join(".") ?? "";
  return refused(400, `${where === "" ? "the body" : `'${where}'`}: ${issue?.message ?? "is not valid"}`);
}

const eventIdHeaders = ["idempotency-key", "x-idempotency-key", "webhook-id", "x-github-delivery"];
const eventIdMembers = ["id", "eventId", "event_id", "deliveryId"];

/**
 * What identifies an event, so that the same one delivered again has no second effect: an id the sender puts into a
 * header, else an id in the body together with the whole body. Null when it carries none: two equal bodies may well be
 * two events.
 */
export function eventIdentity(
  headers: IncomingHttpHeaders,
  payload: unknown,
  body: Uint8Array,
): string | null {
  for (const name of eventIdHeaders) {
    const value = headers[name];
    if (typeof value === "string" && value.trim() !== "") return `${name}:${value.trim()}`;
  }
  if (!isObject(payload)) return null;
  for (const name of eventIdMembers) {
    const id = payload[name];
    if ((typeof id === "string" && id !== "") || typeof id === "number")
      return `body:${id}:${Buffer.from(body).toString("latin1")}`;
  }
  return null;
}
