import { z } from "zod";
import { UserError, messageOf } from "../../core/errors.ts";
import { createGuardedFetch } from "../../guard/index.ts";
import type { Channel, ChannelContext, Outbound, RunningChannel, SendResult } from "../contract.ts";
import { sign, verify } from "./signature.ts";

const configSchema = z.object({
  secret: z.string().min(16),
  url: z.url({ protocol: /^https?$/ }),
});

const inboundSchema = z.object({
  id: z.string().min(1).max(256),
  sender: z.object({ id: z.string().min(1).max(256), name: z.string().max(256).optional() }),
  chat: z
    .object({
      kind: z.enum(["direct", "group"]),
      id: z.string().min(1).max(256),
      title: z.string().max(256).optional(),
    })
    .optional(),
  text: z.string().max(100_000),
  mentioned: z.boolean().optional(),
  ts: z.number().int().nonnegative().optional(),
});

const sendTimeoutMs = 30_000;
const probeTimeoutMs = 5000;

/**
 * The generic channel: any program that can sign a POST can talk to the assistant, and gets replies as signed POSTs
 * to its URL. Each reply carries `idempotency-key`; receivers must drop a key they have seen, which makes a send whose
 * answer was lost safe to repeat. Documented in docs/channels/webhook.md.
 */
export const webhookChannel: Channel = {
  id: "webhook",
  label: "Webhook",
  async start(context: ChannelContext): Promise<RunningChannel> {
    const parsed = configSchema.safeParse(context.config);
    if (!parsed.success) {
      const at = parsed.error.issues[0];
      throw new UserError(
        "CHANNEL_CONFIG",
        `channels.webhook.accounts.${context.account}.${at?.path.join(".")}: ${at?.message}`,
        {
          hint: `openclaw config set channels.webhook.accounts.${context.account}.${at?.path.join(".")} <value>`,
        },
      );
    }
    const { secret, url } = parsed.data;
    const target = new URL(url);
    // The operator named this origin in the configuration, so it may be a private one; nothing else may be reached.
    const fetch = createGuardedFetch({ clock: context.clock, allowOrigins: () => [target.origin] });

    async function send(message: Outbound, signal: AbortSignal): Promise<SendResult> {
      if (message.kind !== "message")
        return { kind: "dead", error: `a webhook cannot carry "${message.kind}"` };
      const { key, to, threadId, text } = message;
      const body = Buffer.from(JSON.stringify({ key, to, threadId, text, account: context.account }));
      const response = await fetch(url, {
        method: "POST",
        redirect: "error",
        headers: {
          "content-type": "application/json",
          "idempotency-key": key,
          "x-openclaw-signature": sign(secret, body, context.clock.now()),
        },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(sendTimeoutMs)]),
      });
      const answer = await response.text();
      if (response.ok) {
        context.proved("send");
        return {
          kind: "sent",
          receipt: { messageId: messageIdOf(answer) ?? key, status: response.status },
        };
      }
      const error = `${target.host} answered ${response.status}`;
      if (response.status === 429 || response.status >= 500) {
        const seconds = Number(response.headers.get("retry-after"));
        return {
          kind: "retry",
          error,
          ...(Number.isFinite(seconds) && seconds > 0 ? { afterMs: seconds * 1000 } : {}),
        };
      }
      return { kind: "dead", error };
    }

    return {
      send,
      async probe(signal) {
        const started = performance.now();
        try {
          const response = await fetch(url, {
            method: "HEAD",
            redirect: "error",
            signal: AbortSignal.any([signal, AbortSignal.timeout(probeTimeoutMs)]),
          });
          await response.body?.cancel();
          return { ok: true, state: "connected", elapsedMs: Math.round(performance.now() - started) };
        } catch (error) {
          return {
            ok: false,
            state: "disconnected",
            error: messageOf(error),
            elapsedMs: Math.round(performance.now() - started),
          };
        }
      },
      async handleWebhook(request) {
        if (request.method !== "POST") return { status: 405, body: "" };
        if (!verify(secret, request.headers["x-openclaw-signature"], request.body, context.clock.now())) {
          return { status: 401, body: JSON.stringify({ ok: false, error: "bad signature" }) };
        }
        const message = parseInbound(request.body);
        if (typeof message === "string")
          return { status: 400, body: JSON.stringify({ ok: false, error: message }) };
        context.proved("receive");
        const verdict = await context.receive({
          kind: "message",
          channel: "webhook",
          account: context.account,
          messageId: message.id,
          chat:
            message.chat === undefined
              ? { kind: "direct", id: message.sender.id }
              : { ...message.chat, title: message.chat.title ?? "" },
          sender: { id: message.sender.id, name: message.sender.name ?? message.sender.id },
          text: message.text,
          mentioned: message.mentioned ?? false,
          sentAt: message.ts ?? context.clock.now(),
        });
        if (!verdict.accepted)
          return { status: 403, body: JSON.stringify({ ok: false, error: verdict.reason }) };
        return { status: 202, body: JSON.stringify({ ok: true, duplicate: verdict.duplicate }) };
      },
      stop: () => Promise.resolve(),
    };
  },
};

function parseInbound(body: Uint8Array): z.infer<typeof inboundSchema> | string {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return "the body is not JSON";
  }
  const parsed = inboundSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`).join("; ");
}

function messageIdOf(answer: string): string | undefined {
  try {
    const id = (JSON.parse(answer) as { messageId?: unknown } | null)?.messageId;
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}
