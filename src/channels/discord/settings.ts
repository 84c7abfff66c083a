import type { JsonObject, JsonValue } from "../../core/json.ts";

/** What an account of Discord is configured with. */
export interface DiscordSettings {
  token: string;
  /** Without a slash at the end and without the version. */
  apiRoot: string;
  /** Discord itself, and not a double or a proxy of the operator's. */
  official: boolean;
  /** Ask for the words of messages in servers. */
  messageContent: boolean;
  /** How far back messages are asked for that were said while no session stood. */
  catchUpMs: number;
  /** Ids of the people `allowFrom` names. */
  people: string[];
  linkPreview: boolean;
  presence: "online" | "idle" | "dnd" | "invisible";
  /** Shown below the name; empty for nothing. */
  activity: string;
}

const defaultApiRoot = "https://discord.com/api";
const tokenShape = /^[\w-]{8,80}\.[\w-]{4,20}\.[\w-]{20,100}$/;
const presences = ["online", "idle", "dnd", "invisible"] as const;

/** Problems of an account's keys in the words of the person who wrote them; empty when it can be started. */
export function problemsOf(config: JsonObject): Array<{ key: string; message: string }> {
  const problems: Array<{ key: string; message: string }> = [];
  const { token, apiRoot, presence, catchUpHours: hours } = config;
  if (token === undefined || token === "")
    problems.push({
      key: "token",
      message: "is missing: make a bot at discord.com/developers/applications and copy its token",
    });
  else if (typeof token !== "string" || !tokenShape.test(token))
    problems.push({
      key: "token",
      message: "is not a bot token: it has three parts with dots between them (Bot > Reset Token)",
    });
  if (apiRoot !== undefined && !(typeof apiRoot === "string" && isHttp(apiRoot)))
    problems.push({ key: "apiRoot", message: "needs an http or https address" });
  if (presence !== undefined && !presences.some((each) => each === presence))
    problems.push({ key: "presence", message: `is one of ${presences.join(", ")}` });
  if (hours !== undefined && !(typeof hours === "number" && hours >= 0 && hours <= 168))
    problems.push({ key: "catchUpHours", message: "needs a number from 0 to 168" });
  return problems;
}

/** The settings of a configuration without {@link problemsOf}. */
export function settingsOf(config: JsonObject): DiscordSettings {
  const text = (key: string) => (typeof config[key] === "string" ? config[key] : "");
  const apiRoot = (text("apiRoot") || defaultApiRoot).replace(/\/+$/, "");
  return {
    token: text("token"),
    apiRoot,
    official: new URL(apiRoot).hostname === "discord.com",
    messageContent: config["messageContent"] !== false,
    catchUpMs: (typeof config["catchUpHours"] === "number" ? config["catchUpHours"] : 24) * 3_600_000,
    people: peopleOf(config["allowFrom"]),
    linkPreview: config["linkPreview"] === true,
    presence: presences.find((each) => each === config["presence"]) ?? "online",
    activity: text("activity").slice(0, 128),
  };
}

/** The bot's id: the first part of its token, which stays when the token is renewed. */
export function botIdOf(token: string): string {
  return Buffer.from(token.split(".", 1)[0] ?? "", "base64url").toString("latin1");
}

function peopleOf(list: JsonValue | undefined): string[] {
  return Array.isArray(list)
    ? list.flatMap(
        (each) => /^(?:discord:)?(\d{5,20})$/.exec(typeof each === "string" ? each : "")?.[1] ?? [],
      )
    : [];
}

function isHttp(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
