import { z } from "zod";
import { createGuardedFetch } from "../../guard/index.ts";
import type { Channel, ChannelContext, Outbound, RunningChannel, SendResult } from "../contract.ts";
import { probe, wrongConfig } from "../shared/index.ts";
import { readInbound } from "./inbound.ts";
import { bodyOf } from "./outbound.ts";
import { sign, verify } from "./signature.ts";

const configSchema = z.object({
  secret: z.string().min(16),
  url: z.url({ protocol: /^https?$/ }),
});

const sendTimeoutMs = 30_000;
const fileTimeoutMs = 5 * 60_000;
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
      const problems = parsed.error.issues.map(({ path, message }) => ({ key: path.join("."), message }));
      throw wrongConfig({ channel: "webhook", account: context.account }, problems) ?? parsed.error;
    }
    const { secret, url } = parsed.data;
    const target = new URL(url);
    // The operator named this origin in the configuration, so it may be a private one; nothing else may be reached.
    const fetch = createGuardedFetch({ clock: context.clock, allowOrigins: () => [target.origin] });

    async function send(message: Outbound, signal: AbortSignal): Promise<SendResult> {
      const { key } = message;
      const body = Buffer.from(JSON.stringify(await bodyOf(message, context.account)));
      const withFiles = message.kind === "message" && (message.media?.length ?? 0) > 0;
      const timeoutMs = withFiles ? fileTimeoutMs : sendTimeoutMs;
      const response = await fetch(url, {
        method: "POST",
        redirect: "error",
        headers: {
          "content-type": "application/json",
          "idempotency-key": key,
          "x-openclaw-signature": sign(secret, body, context.clock.now()),
        },
        body,
        signal,
        limits: { headersTimeoutMs: timeoutMs, totalTimeoutMs: timeoutMs },
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
      probe: (signal) =>
        probe(context.clock, async () => {
          const response = await fetch(url, {
            method: "HEAD",
            redirect: "error",
            signal,
            limits: { headersTimeoutMs: probeTimeoutMs, totalTimeoutMs: probeTimeoutMs },
          });
          await response.body?.cancel();
          return undefined;
        }),
      async handleWebhook(request) {
        if (request.method !== "POST") return { status: 405, body: "" };
        if (!verify(secret, request.headers["x-openclaw-signature"], request.body, context.clock.now())) {
          return { status: 401, body: JSON.stringify({ ok: false, error: "bad signature" }) };
        }
        const event = readInbound(request.body, {
          account: context.account,
          now: context.clock.now(),
          fetch,
        });
        if (typeof event === "string")
          return { status: 400, body: JSON.stringify({ ok: false, error: event }) };
        context.proved("receive");
        const verdict = await context.receive(event);
        if (!verdict.accepted)
          return { status: 403, body: JSON.stringify({ ok: false, error: verdict.reason }) };
        return { status: 202, body: JSON.stringify({ ok: true, duplicate: verdict.duplicate }) };
      },
      stop: () => Promise.resolve(),
    };
  },
};

function messageIdOf(answer: string): string | undefined {
  try {
    const id = (JSON.parse(answer) as { messageId?: unknown } | null)?.messageId;
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}
