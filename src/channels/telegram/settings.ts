import { createHmac } from "node:crypto";
import type { JsonObject } from "../../core/json.ts";

/** What an account of Telegram is configured with. */
export interface TelegramSettings {
  token: string;
  /** Without a slash at the end. */
  apiRoot: string;
  /** Public address Telegram posts updates to; null when updates are polled. */
  webhookUrl: string | null;
  /** What Telegram repeats in a header of each of its requests. */
  webhookSecret: string;
  linkPreview: boolean;
}

const defaultApiRoot = "https://api.telegram.org";
const tokenShape = /^\d{3,20}:[A-Za-z0-9_-]{3,128}$/;
const secretShape = /^[A-Za-z0-9_-]{16,256}$/;

/** Problems of an account's keys in the words of the person who wrote them; empty when it can be started. */
export function problemsOf(config: JsonObject): Array<{ key: string; message: string }> {
  const problems: Array<{ key: string; message: string }> = [];
  const token = config["botToken"];
  if (token === undefined || token === "")
    problems.push({ key: "botToken", message: "is missing: get one from @BotFather in Telegram" });
  else if (typeof token !== "string" || !tokenShape.test(token))
    problems.push({
      key: "botToken",
      message: "is not a bot token: @BotFather gives one like 123456789:AAE…",
    });
  for (const key of ["apiRoot", "webhookUrl"]) {
    const value = config[key];
    if (value !== undefined && !(typeof value === "string" && isHttp(value)))
      problems.push({ key, message: "needs an http or https address" });
  }
  const secret = config["webhookSecret"];
  if (secret !== undefined && !(typeof secret === "string" && secretShape.test(secret)))
    problems.push({
      key: "webhookSecret",
      message: "needs 16 to 256 characters of A-Z, a-z, 0-9, _ and -",
    });
  return problems;
}

/** The settings of a configuration without {@link problemsOf}. */
export function settingsOf(config: JsonObject, account: string): TelegramSettings {
  const text = (key: string) => (typeof config[key] === "string" ? config[key] : "");
  const token = text("botToken");
  return {
    token,
    apiRoot: (text("apiRoot") || defaultApiRoot).replace(/\/+$/, ""),
    webhookUrl: text("webhookUrl") === "" ? null : webhookAddress(text("webhookUrl"), account),
    webhookSecret: text("webhookSecret") || derivedSecret(token),
    linkPreview: config["linkPreview"] === true,
  };
}

/** An address without a path is the gateway's own: the path of the account goes behind it. */
function webhookAddress(configured: string, account: string): string {
  const url = new URL(configured);
  if (url.pathname === "/") url.pathname = `/channels/telegram/${encodeURIComponent(account)}`;
  return url.href;
}

/** A purpose key: whoever learns it cannot use the bot, and it needs no place to be kept. */
function derivedSecret(token: string): string {
  return createHmac("sha256", token).update("openclaw telegram webhook secret v1").digest("hex");
}

function isHttp(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
