import type { ChannelInfo } from "../../../app/contract.ts";
import { UsageError, UserError } from "../../../core/errors.ts";
import { type JsonObject, type JsonValue } from "../../../core/json.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { setting } from "../../target.ts";
import { noteFor } from "../../config-changes.ts";
import { accountOf, channelOf, sectionOf } from "./desk.ts";
import { startOf, watchAccount } from "./watch.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const channel = await channelOf(context, options);
  const account = accountOf(options);
  const store = await context.openConfig();
  const before = sectionOf(store.read().parsed, channel.id);
  const keys = keysOf(context, channel, { options, account });
  const known = { ...before.shared, ...(before.accounts ? before.accounts[account] : {}) };
  // References to variables are checked as what they stand for.
  const problems = channel.check({ ...known, ...keys.values });
  if (problems.length > 0)
    throw new UserError(
      "CHANNEL_CONFIG",
      problems.map(({ key, message }) => `${key}: ${message}`).join("; "),
      { hint: `openclaw channels add --channel ${channel.id} ${flagsOf(channel)}` },
    );
  const section = placed(before, account, { enabled: true, ...keys.written });
  const earlier = await startOf(context, { channel: channel.id, account });
  store.merge({ channels: { [channel.id]: section } }, noteFor(`channels add ${channel.id}/${account}`));
  const outcome = await watchAccount(context, { channel: channel.id, account }, earlier);
  const asJson = flag(options, "json");
  if (asJson) out.json({ channel: channel.id, account, ...outcome });
  else {
    out.line(`Added ${channel.label} account ${account} in ${store.path}`);
    for (const line of outcome.lines) out.line(line);
    if (channel.can.includes("login") && outcome.state !== "connected")
      out.line(
        `Now log in: openclaw channels login --channel ${channel.id}${account === "default" ? "" : ` --account ${account}`}`,
      );
  }
  return outcome.state === "trouble" && !channel.can.includes("login") ? 1 : 0;
};

const flagsOf = (channel: ChannelInfo) =>
  channel.credentials.map(({ flag: name, optional }) => (optional ? `[${name} …]` : `${name} …`)).join(" ");

interface Keys {
  /** As they are written into the file. */
  written: JsonObject;
  /** As they count. */
  values: JsonObject;
}

function keysOf(
  context: CommandContext,
  channel: ChannelInfo,
  { options, account }: { options: Record<string, unknown>; account: string },
): Keys {
  const keys: Keys = { written: {}, values: {} };
  const put = (key: string, written: JsonValue, value: JsonValue = written) => {
    keys.written[key] = written;
    keys.values[key] = value;
  };
  const name = text(options, "name");
  if (name !== undefined) put("name", name);
  for (const { key, flag: words, optional } of channel.credentials) {
    const given = setting(options, camel(words));
    if (typeof given === "string" && given !== "") put(key, given);
    else if (flag(options, "useEnv")) {
      const variable = variableOf(channel.id, key, account);
      const value = context.env[variable];
      if (value) put(key, `\${${variable}}`, value);
      else if (!optional)
        throw new UserError("ENV_MISSING", `the environment variable ${variable} is not set`, {
          hint: `put ${variable}=… into the gateway's environment or .env, or give ${words}`,
        });
    }
  }
  for (const pair of Array.isArray(options.set) ? options.set.map(String) : []) {
    const at = pair.indexOf("=");
    if (at < 1) throw new UsageError(`--set takes key=value, not ${JSON.stringify(pair)}`);
    put(pair.slice(0, at), parsed(pair.slice(at + 1)));
  }
  return keys;
}

/** `botToken` of telegram is TELEGRAM_BOT_TOKEN, of its account work TELEGRAM_BOT_TOKEN_WORK. */
function variableOf(channel: string, key: string, account: string): string {
  const words = [
    channel,
    key.replaceAll(/([a-z])([A-Z])/g, "$1_$2"),
    ...(account === "default" ? [] : [account]),
  ];
  return words.join("_").replaceAll("-", "_").toUpperCase();
}

const camel = (words: string) =>
  words.replace(/^--/, "").replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** JSON where it is some, else the text itself. */
function parsed(given: string): JsonValue {
  try {
    return JSON.parse(given) as JsonValue;
  } catch {
    return given;
  }
}

/** The change that gives the account these keys and leaves the others what they are. */
function placed(before: ReturnType<typeof sectionOf>, account: string, keys: JsonObject): JsonObject {
  if (before.accounts) return { accounts: { [account]: keys } };
  if (account === "default") return keys;
  // The account that had the section to itself keeps what it has there.
  const accounts: JsonObject = before.exists ? { default: {}, [account]: keys } : { [account]: keys };
  return { accounts };
}
