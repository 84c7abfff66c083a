import type { Update } from "grammy/types";
import { sleep, type Clock } from "../../core/clock.ts";
import { isObject } from "../../core/json.ts";
import { constantTimeEqual } from "../../guard/index.ts";
import type { ChannelContext, WebhookRequest } from "../contract.ts";
import { createBackoff } from "../shared/index.ts";
import type { TelegramApi } from "./api.ts";
import { TelegramFailure, troubleOf } from "./failure.ts";
import { updateKinds } from "./inbound.ts";
import { albumOf, type Unit } from "./intake.ts";
import type { TelegramSettings } from "./settings.ts";

const checkMs = 45_000;
const callTimeoutMs = 15_000;
const albumWaitMs = 600;
const albumMost = 10;

/**
 * Tells Telegram where to post, then asks how its deliveries fare until the signal aborts: silence proves nothing, an
 * answer without a failure does. Resolves early when going on is useless, having said so.
 */
export async function keepWebhook(options: {
  api: TelegramApi;
  url: string;
  settings: TelegramSettings;
  context: Pick<ChannelContext, "account" | "clock" | "proved" | "trouble">;
  signal: AbortSignal;
}): Promise<void> {
  const { api, url, context, signal } = options;
  const { clock } = context;
  const backoff = createBackoff({ firstMs: 1000, capMs: 60_000 });
  let registered = false;
  let failureSeen = Math.floor(clock.now() / 1000);

  async function round(): Promise<void> {
    if (!registered) {
      await api.call(
        (raw, callSignal) =>
          raw.setWebhook(
            {
              url,
              secret_token: options.settings.webhookSecret,
              allowed_updates: updateKinds,
              drop_pending_updates: false,
            },
            callSignal,
          ),
        { signal, timeoutMs: callTimeoutMs },
      );
      registered = true;
    }
    const info = await api.call((raw, callSignal) => raw.getWebhookInfo(callSignal), {
      signal,
      timeoutMs: callTimeoutMs,
    });
    if (info.url !== url) {
      // One that is another program's is not taken back: it would do the same. A place that is free is taken next time.
      registered = info.url !== "";
      context.trouble({
        code: "CONFLICT",
        message: registered
          ? "another program has set its own webhook for this bot"
          : "another program has removed this bot's webhook",
        hint: "stop the other program, then: openclaw gateway restart",
        retryAt: clock.now() + checkMs,
      });
    } else if (info.last_error_date !== undefined && info.last_error_date > failureSeen) {
      failureSeen = info.last_error_date;
      context.trouble({
        code: "WEBHOOK_UNREACHABLE",
        message: `Telegram cannot deliver to ${new URL(url).host}: ${info.last_error_message ?? "no reason given"}`,
        hint: "check that channels.telegram.webhookUrl leads to this gateway from the internet",
        retryAt: clock.now() + checkMs,
      });
    } else context.proved("receive");
    backoff.reset();
  }

  while (!signal.aborted) {
    let waitMs = checkMs;
    try {
      await round();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TelegramFailure)) throw error;
      waitMs = backoff.next(error.retryAfterMs);
      const trouble = troubleOf(error, { account: context.account, now: clock.now() }) ?? {
        code: "WEBHOOK_REFUSED",
        message: `Telegram does not take this webhook: ${error.message}`,
        hint: "openclaw config set channels.telegram.webhookUrl https://<public name>/channels/telegram/default",
      };
      context.trouble({ ...trouble, ...(trouble.fatal ? {} : { retryAt: clock.now() + waitMs }) });
      if (trouble.fatal) return;
    }
    await sleep(clock, waitMs, signal).catch(() => undefined);
  }
}

/** Answers Telegram's requests: one at a time, in the order in which they came, each once its update is committed. */
export function createWebhookDesk(options: {
  secret: string;
  clock: Clock;
  take: (unit: Unit) => Promise<void>;
  proved: () => void;
}) {
  let tail: Promise<unknown> = Promise.resolve();
  const albums = new Map<string, { add(update: Update): Promise<void>; close(): void }>();

  function inOrder(unit: Unit): Promise<void> {
    const done = tail.then(() => options.take(unit));
    tail = done.catch(() => undefined);
    return done;
  }

  function openAlbum(key: string) {
    const unit: Unit = [];
    const done = Promise.withResolvers<void>();
    let cancel = () => {};
    const close = () => {
      cancel();
      albums.delete(key);
      inOrder(unit).then(done.resolve, done.reject);
    };
    const album = {
      close,
      add(update: Update): Promise<void> {
        // A part that was sent again while the first request waits is the same part.
        if (unit.every((each) => each.update_id !== update.update_id)) unit.push(update);
        cancel();
        if (unit.length >= albumMost) close();
        else cancel = options.clock.after(albumWaitMs, close);
        return done.promise;
      },
    };
    albums.set(key, album);
    return album;
  }

  return {
    async handle(request: WebhookRequest): Promise<{ status: number; body: string }> {
      const given = request.headers["x-telegram-bot-api-secret-token"] ?? "";
      if (!constantTimeEqual(given, options.secret))
        return { status: 401, body: JSON.stringify({ ok: false, error: "bad signature" }) };
      if (request.method !== "POST") return { status: 405, body: "" };
      const update = parseUpdate(request.body);
      if (!update) return { status: 400, body: JSON.stringify({ ok: false, error: "not an update" }) };
      options.proved();
      const album = albumOf(update);
      await (album === null ? inOrder([update]) : (albums.get(album) ?? openAlbum(album)).add(update));
      return { status: 200, body: JSON.stringify({ ok: true }) };
    },
    /** Resolves when nothing waits to be handed in. */
    async idle(): Promise<void> {
      for (const album of albums.values()) album.close();
      await tail;
    },
  };
}

/** The request carried the secret, so its body is Telegram's; only that it is an update at all is checked. */
function parseUpdate(body: Uint8Array): Update | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    return isObject(value) && Number.isSafeInteger(value["update_id"]) ? (value as unknown as Update) : null;
  } catch {
    return null;
  }
}
