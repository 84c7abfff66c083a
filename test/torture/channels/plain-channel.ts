import type {
  ChannelCapabilities,
  ChannelContext,
  ChannelManifest,
  InboundMessageEvent,
  RunningChannel,
  SendResult,
} from "../../../src/channels/contract.ts";
import { isObject, type JsonObject } from "../../../src/core/json.ts";

// An adapter as small as one can be, for platforms of the torture run that differ in one thing only: how a send whose
// answer was lost is settled.

export const kinds = ["dedupes", "queryable", "unknown"] as const;
export type PlainKind = (typeof kinds)[number];
export const channelId = (kind: PlainKind): string => `plain-${kind}`;

export const plainManifest = (kind: PlainKind): ChannelManifest => ({
  id: channelId(kind),
  label: `Plain (${kind})`,
  capabilities: {
    ambiguousSend: kind,
    maxTextLength: 4000,
    maxMediaBytes: 1000,
    // Where a repeat can be settled the answer also grows in one message, so that kills hit previews too.
    can: ["direct", ...(kind === "unknown" ? [] : (["edit"] as const))] satisfies ChannelCapabilities["can"],
    gaps: {},
    silenceMs: 30_000,
  },
  credentials: [{ key: "url", flag: "--url", title: "Address" }],
  exclusive: (config) => (typeof config["url"] === "string" ? config["url"] : null),
  check: () => [],
  load: () =>
    Promise.resolve({
      id: channelId(kind),
      label: kind,
      start: (context) => Promise.resolve(start(kind, context)),
    }),
});

function start(kind: PlainKind, context: ChannelContext): RunningChannel {
  const { url } = context.config;
  const base = typeof url === "string" ? url : "";
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, context.signal]);
  const polling = poll(kind, context, { base, signal });
  return {
    async send(message, sendSignal): Promise<SendResult> {
      if (message.kind !== "message" && message.kind !== "edit") return { kind: "dead", error: message.kind };
      const { key, to, text } = message;
      const response = await fetch(`${base}/send`, {
        method: "POST",
        body: JSON.stringify({
          key,
          to,
          text,
          ...(message.kind === "edit" ? { messageId: message.messageId } : {}),
        }),
        signal: sendSignal,
      }).catch((error: unknown): SendResult => {
        const cause = error instanceof Error && isObject(error.cause) ? error.cause["code"] : undefined;
        const text = `${String(error)} ${String(cause)}`;
        return cause === "ECONNREFUSED" ? { kind: "retry", error: text } : { kind: "unknown", error: text };
      });
      if (!(response instanceof Response)) return response;
      if (response.status === 503) return { kind: "retry", error: "503: not taken" };
      if (!response.ok) return { kind: "dead", error: String(response.status) };
      return { kind: "sent", receipt: (await response.json()) as JsonObject };
    },
    async query(key, _to, querySignal) {
      const response = await fetch(`${base}/sent?key=${encodeURIComponent(key)}`, { signal: querySignal });
      if (response.status === 404) return null;
      if (!response.ok) throw new Error(`asked, and told ${response.status}`);
      return (await response.json()) as JsonObject;
    },
    probe: () => Promise.resolve({ ok: true, state: "connected", elapsedMs: 0 }),
    async stop() {
      stopping.abort();
      await polling;
    },
  };
}

/** What was not acknowledged is told again, also to the next life. */
async function poll(
  kind: PlainKind,
  context: ChannelContext,
  { base, signal }: { base: string; signal: AbortSignal },
): Promise<void> {
  let done: string[] = [];
  while (!signal.aborted) {
    try {
      const response = await fetch(`${base}/updates`, {
        method: "POST",
        body: JSON.stringify({ done }),
        signal,
      });
      if (!response.ok) throw new Error(`updates: ${response.status}`);
      const events = (await response.json()) as Array<{ id: string; from: string; text: string }>;
      context.proved("receive");
      done = [];
      for (const { id, from, text } of events) {
        const event: InboundMessageEvent = {
          kind: "message",
          channel: channelId(kind),
          account: context.account,
          messageId: id,
          chat: { kind: "direct", id: from },
          sender: { id: from },
          sentAt: Date.now(),
          text,
          mentioned: true,
        };
        await context.receive(event);
        done.push(id);
      }
    } catch (error) {
      if (signal.aborted) return;
      context.trouble({ code: "NETWORK", message: String(error) });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
