import { createHmac } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { messageOf, OpenClawError, UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import {
  buildChildEnv,
  createGuardedFetch,
  findBinary,
  runProcess,
  searchPath,
  type GuardedFetch,
} from "../guard/index.ts";
import type { Delivery, Notice, Route, SentinelSettings } from "./contract.ts";

/** Milliseconds for one route. */
const routeTimeoutMs = 10_000;

type Env = Readonly<Record<string, string | undefined>>;

/** Tells everybody who is configured, at the same time; a route that fails does not hold up the others. */
export async function tell(
  notice: Notice,
  settings: SentinelSettings,
  options: { clock: Clock; env: Env },
): Promise<Delivery[]> {
  const { clock } = options;
  const origins = [settings.webhook?.url, settings.telegram?.apiRoot, settings.discord?.apiRoot].flatMap(
    (url) => (url !== undefined && URL.canParse(url) ? [new URL(url).origin] : []),
  );
  const fetch = createGuardedFetch({
    clock,
    allowOrigins: () => origins,
    userAgent: "openclaw-sentinel",
    headersTimeoutMs: routeTimeoutMs,
    totalTimeoutMs: routeTimeoutMs,
    maxBytes: 65_536,
    maxRedirects: 0,
  });
  const { command, webhook, telegram, discord } = settings;
  const routes: Array<[Route, () => Promise<void>]> = [
    ...(command.length > 0 ? [["command", () => runCommand(notice, command, options)] as const] : []),
    ...(webhook ? [["webhook", () => postWebhook(fetch, notice, webhook)] as const] : []),
    ...(telegram ? [["telegram", () => sendTelegram(fetch, notice, telegram)] as const] : []),
    ...(discord ? [["discord", () => sendDiscord(fetch, notice, discord)] as const] : []),
  ].map(([route, send]) => [route, send]);
  return Promise.all(
    routes.map(async ([route, send]) => {
      try {
        await send();
        return { route, error: null };
      } catch (error) {
        return { route, error: messageOf(error) };
      }
    }),
  );
}

async function runCommand(
  notice: Notice,
  [name = "", ...args]: readonly string[],
  { clock, env }: { clock: Clock; env: Env },
): Promise<void> {
  const file = findBinary(name, searchPath());
  if (file === null)
    throw new UserError("SENTINEL_COMMAND", `sentinel.command: there is no program ${JSON.stringify(name)}`, {
      hint: "give its absolute path",
    });
  const values = {
    OPENCLAW_SENTINEL_EVENT: notice.event,
    OPENCLAW_SENTINEL_TEXT: notice.text,
  };
  const end = await runProcess(
    {
      file,
      args,
      cwd: "/",
      env: buildChildEnv({ source: env, allowNames: Object.keys(values), values }),
      stdin: `${JSON.stringify(notice)}\n`,
    },
    { clock, timeoutMs: routeTimeoutMs, maxOutputBytes: 65_536 },
  );
  if (end.exitCode === 0) return;
  const how = end.timedOut
    ? `took longer than ${routeTimeoutMs / 1000} s`
    : `ended with ${end.exitCode ?? end.signal}`;
  throw new OpenClawError("SENTINEL_COMMAND", `sentinel.command ${how}: ${end.output.trim().slice(0, 200)}`);
}

/** Signed as the webhook channel signs: `t=<unix seconds>,v1=<hex HMAC-SHA-256 of "<t>.<body>">`. */
async function postWebhook(
  fetch: GuardedFetch,
  notice: Notice,
  { url, secret }: NonNullable<SentinelSettings["webhook"]>,
): Promise<void> {
  const body = JSON.stringify(notice);
  const t = Math.floor(notice.at / 1000);
  const signature = secret && createHmac("sha256", secret.reveal()).update(`${t}.${body}`).digest("hex");
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(signature === null ? {} : { "x-openclaw-signature": `t=${t},v1=${signature}` }),
    },
    body,
  });
  await response.body?.cancel();
  if (!response.ok) throw refused("webhook", response.status, "");
}

async function sendTelegram(
  fetch: GuardedFetch,
  notice: Notice,
  { botToken, chatId, apiRoot }: NonNullable<SentinelSettings["telegram"]>,
): Promise<void> {
  const response = await fetch(`${withoutSlash(apiRoot)}/bot${botToken.reveal()}/sendMessage`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ chat_id: chatId, text: notice.text }),
  });
  const answer = await jsonOf(response);
  if (!response.ok || answer["ok"] !== true)
    throw refused("telegram", response.status, answer["description"]);
}

async function sendDiscord(
  fetch: GuardedFetch,
  notice: Notice,
  { botToken, channelId, apiRoot }: NonNullable<SentinelSettings["discord"]>,
): Promise<void> {
  const response = await fetch(
    `${withoutSlash(apiRoot)}/channels/${encodeURIComponent(channelId)}/messages`,
    {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bot ${botToken.reveal()}` },
      body: JSON.stringify({ content: notice.text, allowed_mentions: { parse: [] } }),
    },
  );
  const answer = await jsonOf(response);
  if (!response.ok) throw refused("discord", response.status, answer["message"]);
}

async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await response.text());
    return isObject(value) ? value : {};
  } catch {
    return {}; // the status says enough
  }
}

function refused(route: Route, status: number, why: unknown): OpenClawError {
  const words = typeof why === "string" && why !== "" ? `: ${why.slice(0, 200)}` : "";
  return new OpenClawError("SENTINEL_REFUSED", `${route} answered with status ${status}${words}`);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
