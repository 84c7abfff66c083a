import type { UserFromGetMe } from "grammy/types";
import { createHash } from "node:crypto";
import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { ChannelContext } from "../contract.ts";
import { createBackoff } from "../shared/index.ts";
import type { TelegramApi } from "./api.ts";
import { TelegramFailure, troubleOf } from "./failure.ts";

const callTimeoutMs = 15_000;
const commandName = /^[a-z0-9_]{1,32}$/;

/**
 * Asks who we are until an answer comes or the signal aborts; null when asking is useless, having said so.
 */
export async function identify(options: {
  api: TelegramApi;
  context: Pick<ChannelContext, "account" | "clock" | "trouble">;
  signal: AbortSignal;
}): Promise<UserFromGetMe | null> {
  const { api, context, signal } = options;
  const backoff = createBackoff({ firstMs: 1000, capMs: 60_000 });
  while (!signal.aborted) {
    try {
      return await whoAmI(api, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof TelegramFailure)) return null;
      const now = context.clock.now();
      const waitMs = backoff.next(error.retryAfterMs);
      const trouble = troubleOf(error, { account: context.account, now }) ?? {
        code: "PLATFORM_ERROR",
        message: `Telegram answered ${error.status}: ${error.message}`,
      };
      context.trouble({ ...trouble, ...(trouble.fatal ? {} : { retryAt: now + waitMs }) });
      if (trouble.fatal) return null;
      await sleep(context.clock, waitMs, signal).catch(() => undefined);
    }
  }
  return null;
}

/** One `getMe`. */
export function whoAmI(api: TelegramApi, signal: AbortSignal): Promise<UserFromGetMe> {
  return api.call((raw, callSignal) => raw.getMe(callSignal), { signal, timeoutMs: callTimeoutMs });
}

/** Takes away a webhook that would keep updates from being polled, e.g. of an earlier configuration. */
export async function clearWebhook(options: {
  api: TelegramApi;
  context: Pick<ChannelContext, "logger">;
  signal: AbortSignal;
}): Promise<void> {
  const { api, context, signal } = options;
  const call = { signal, timeoutMs: callTimeoutMs };
  try {
    const { url } = await api.call((raw, callSignal) => raw.getWebhookInfo(callSignal), call);
    if (url === undefined || url === "") return;
    context.logger.warn("the bot's webhook is removed, because this account polls", {
      webhook: URL.canParse(url) ? new URL(url).origin : "",
    });
    await api.call((raw, callSignal) => raw.deleteWebhook({ drop_pending_updates: false }, callSignal), call);
  } catch (error) {
    // The first poll says the same again, and then it is acted on.
    context.logger.debug("the bot's webhook is not known", { error: messageOf(error) });
  }
}

/** Fills the menu behind the `/` button, when it differs from what was last put there. */
export async function publishCommands(options: {
  api: TelegramApi;
  context: Pick<ChannelContext, "commands" | "store" | "logger">;
  signal: AbortSignal;
}): Promise<void> {
  const { api, context, signal } = options;
  const commands = (context.commands ?? [])
    .filter(({ name }) => commandName.test(name))
    .slice(0, 100)
    .map(({ name, description }) => ({ command: name, description: description.slice(0, 256) }));
  const digest = createHash("sha256").update(JSON.stringify(commands)).digest("hex");
  if (commands.length === 0 || context.store.get("commands") === digest) return;
  try {
    await api.call((raw, callSignal) => raw.setMyCommands({ commands }, callSignal), {
      signal,
      timeoutMs: callTimeoutMs,
    });
    await context.store.set("commands", digest);
  } catch (error) {
    context.logger.warn("the menu of commands was not set", { error: messageOf(error) });
  }
}
