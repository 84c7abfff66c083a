import type { WebhookRequest } from "../../../src/channels/contract.ts";
import type { Bot, Platform } from "./platform.ts";

/** Hands a request to the address of a webhook. */
export type Post = (url: string, request: WebhookRequest) => Promise<{ status: number }>;

/** Over real HTTP. */
export const postOverHttp: Post = async (url, { headers, body }) => {
  const response = await fetch(url, { method: "POST", headers, body: Buffer.from(body) });
  await response.arrayBuffer();
  return { status: response.status };
};

const retryMs = 3000;
/** Whoever does not answer for so long is asked again. */
const patienceMs = 60_000;

/** Posts the updates of bots that have a webhook, several at a time; again until the answer is 2xx. */
export function runWebhooks(platform: Platform, post: Post): { stop(): void } {
  let stopped = false;
  const under = new Set<object>();
  const stops: Array<() => void> = [];

  async function deliver(bot: Bot, update: Bot["updates"][number]): Promise<void> {
    const { webhook } = bot;
    if (!webhook || stopped) return void under.delete(update);
    const body = Buffer.from(JSON.stringify(update));
    let status = 0;
    try {
      const headers = {
        "content-type": "application/json",
        ...(webhook.secret === "" ? {} : { "x-telegram-bot-api-secret-token": webhook.secret }),
      };
      const path = new URL(webhook.url).pathname;
      const { promise: late, reject } = Promise.withResolvers<never>();
      const cancel = platform.clock.after(patienceMs, () => reject(new Error("read timeout expired")));
      const posted = post(webhook.url, { method: "POST", path, headers, body });
      ({ status } = await Promise.race([posted, late]).finally(cancel));
    } catch {
      status = 0;
    }
    if (status >= 200 && status < 300) {
      bot.updates = bot.updates.filter((each) => each !== update);
      under.delete(update);
      return;
    }
    webhook.lastErrorDate = platform.seconds();
    webhook.lastError = status === 0 ? "Connection refused" : `Wrong response from the webhook: ${status}`;
    stops.push(
      platform.clock.after(retryMs, () => {
        under.delete(update);
        pump(bot);
      }),
    );
  }

  function pump(bot: Bot): void {
    if (!bot.webhook || stopped) return;
    for (const update of bot.updates) {
      if (under.has(update)) continue;
      under.add(update);
      void deliver(bot, update);
    }
  }

  for (const bot of platform.bots.values()) {
    const wake = () => pump(bot);
    bot.wake.add(wake);
    stops.push(() => bot.wake.delete(wake));
  }
  return {
    stop() {
      stopped = true;
      for (const each of stops) each();
    },
  };
}
