import type { JsonObject } from "../../core/json.ts";

/** What an account of Slack is configured with. */
export interface SlackSettings {
  /** By connection (Socket Mode), or by requests of Slack to our port. */
  mode: "socket" | "http";
  botToken: string;
  appToken: string;
  signingSecret: string;
  /** Without a slash at the end. */
  apiRoot: string;
  /** The command whose first word is a command of ours: `/openclaw status`. */
  slashCommand: string;
  /** How far back messages are asked for that were said while nobody listened; 0 for never. */
  catchUpMs: number;
  linkPreview: boolean;
}

const defaultApiRoot = "https://slack.com/api";
const defaultCatchUpHours = 24;

/** Problems of an account's keys in the words of the person who wrote them; empty when it can be started. */
export function problemsOf(config: JsonObject): Array<{ key: string; message: string }> {
  const problems: Array<{ key: string; message: string }> = [];
  const bot = textAt(config, "botToken");
  if (bot === "")
    problems.push({ key: "botToken", message: "is missing: it is under OAuth & Permissions of your app" });
  else if (!/^xox[a-z]-[\w-]+$/.test(bot))
    problems.push({ key: "botToken", message: "is not a bot token: one begins with xoxb-" });
  const app = textAt(config, "appToken");
  const signing = textAt(config, "signingSecret");
  if (app !== "" && !/^xapp-[\w-]+$/.test(app))
    problems.push({ key: "appToken", message: "is not an app-level token: one begins with xapp-" });
  if (signing !== "" && !/^[0-9a-f]{16,128}$/i.test(signing))
    problems.push({
      key: "signingSecret",
      message: "is not a signing secret: it has hexadecimal digits only",
    });
  if (app === "" && signing === "")
    problems.push({
      key: "appToken",
      message:
        "is missing: give an app-level token for Socket Mode, or signingSecret for requests to your port",
    });
  const root = config["apiRoot"];
  if (root !== undefined && !(typeof root === "string" && isHttp(root)))
    problems.push({ key: "apiRoot", message: "needs an http or https address" });
  const command = config["slashCommand"];
  if (command !== undefined && !(typeof command === "string" && /^\/[a-z0-9_-]{1,31}$/.test(command)))
    problems.push({ key: "slashCommand", message: "needs a name such as /openclaw" });
  const hours = config["catchUpHours"];
  if (hours !== undefined && !(typeof hours === "number" && hours >= 0 && hours <= 168))
    problems.push({ key: "catchUpHours", message: "needs a number from 0 to 168" });
  return problems;
}

/** The settings of a configuration without {@link problemsOf}. */
export function settingsOf(config: JsonObject): SlackSettings {
  const appToken = textAt(config, "appToken");
  const hours = config["catchUpHours"];
  return {
    mode: appToken === "" ? "http" : "socket",
    botToken: textAt(config, "botToken"),
    appToken,
    signingSecret: textAt(config, "signingSecret"),
    apiRoot: (textAt(config, "apiRoot") || defaultApiRoot).replace(/\/+$/, ""),
    slashCommand: textAt(config, "slashCommand") || "/openclaw",
    catchUpMs: (typeof hours === "number" ? hours : defaultCatchUpHours) * 3_600_000,
    linkPreview: config["linkPreview"] === true,
  };
}

/** A key's text; "" when it has none. */
export function textAt(config: JsonObject, key: string): string {
  const value = config[key];
  return typeof value === "string" ? value : "";
}

function isHttp(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
