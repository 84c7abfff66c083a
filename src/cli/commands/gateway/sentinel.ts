import type { OpenClawConfig } from "../../../config/index.ts";
import { messageOf } from "../../../core/errors.ts";
import { Secret } from "../../../core/secret.ts";
import { lookAndTell, watch, type SentinelReport, type SentinelSettings } from "../../../sentinel/index.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { flag, integer } from "../../options.ts";

type Seen = SentinelReport & { problem: string | null };

export const run: CommandBody = async (context, _args, options) => {
  const { paths, env, clock, signal } = context;
  const seconds = integer(options, "interval", { min: 1, max: 86_400 });
  const store = await context.openConfig();
  const settings = () => settingsOf(store.read().config, seconds);
  const all = { paths, env, settings, clock, signal };
  const json = flag(options, "json");
  if (routesOf(settings()).length === 0)
    context.out.note(
      "nobody is told: no route is configured\nhint: openclaw config set sentinel.webhook.url https://… (or sentinel.command, sentinel.telegram, sentinel.discord)",
    );
  if (flag(options, "once")) {
    const seen = await lookAndTell(all);
    show(context, seen, { json });
    const well = seen.condition === "ok" || seen.condition === "stopped";
    return well && seen.problem === null ? 0 : 1;
  }
  let last: string | null = null;
  await watch(all, {
    report(seen) {
      if (json || seen.notice !== null || seen.condition !== last) show(context, seen, { json });
      last = seen.condition;
    },
    trouble: (error) => context.out.note(`this look failed: ${messageOf(error)}`),
  });
  return 0;
};

function show({ out }: CommandContext, seen: Seen, { json }: { json: boolean }): void {
  if (json) return out.line(JSON.stringify(seen));
  const { green, red, yellow } = out.style;
  const colour = { ok: green, stopped: yellow, dead: red, hung: red, looping: red }[seen.condition];
  out.line(`Gateway: ${colour(seen.condition)} (${seen.detail})`);
  for (const { route, error } of seen.deliveries) {
    if (error === null) out.line(`Told: ${route}`);
    else out.note(`${route} failed: ${error}`);
  }
  if (seen.problem !== null) out.note(seen.problem);
}

function routesOf({ command, webhook, telegram, discord }: SentinelSettings): unknown[] {
  return [command.length > 0 ? command : null, webhook, telegram, discord].filter((route) => route !== null);
}

function settingsOf({ sentinel, gateway }: OpenClawConfig, seconds: number | undefined): SentinelSettings {
  const { command, webhook, telegram, discord } = sentinel;
  return {
    intervalMs: (seconds ?? Math.max(1, sentinel.intervalSeconds)) * 1000,
    deadlineMs: sentinel.deadlineMs,
    confirmMs: sentinel.confirmMs,
    tls: gateway.tls.enabled,
    command,
    webhook: webhook.url
      ? { url: webhook.url, secret: webhook.secret ? new Secret(webhook.secret) : null }
      : null,
    telegram:
      telegram.botToken && telegram.chatId
        ? { botToken: new Secret(telegram.botToken), chatId: telegram.chatId, apiRoot: telegram.apiRoot }
        : null,
    discord:
      discord.botToken && discord.channelId
        ? { botToken: new Secret(discord.botToken), channelId: discord.channelId, apiRoot: discord.apiRoot }
        : null,
  };
}
