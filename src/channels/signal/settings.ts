import type { JsonObject } from "../../core/json.ts";
import { text } from "../shared/index.ts";

/** What an account of Signal is configured with. */
export interface SignalSettings {
  /** Own phone number; "" when the login says it. */
  number: string;
  /** Address of a running daemon, without a slash at the end; null when one is started by us. */
  httpUrl: string | null;
  /** Program that is started as a daemon; a name is looked for in the system's folders. */
  cliPath: string;
}

const numberShape = /^\+[1-9]\d{5,14}$/;

/** Problems of an account's keys in the words of the person who wrote them; empty when it can be started. */
export function problemsOf(config: JsonObject): Array<{ key: string; message: string }> {
  const problems: Array<{ key: string; message: string }> = [];
  const { number, httpUrl, cliPath } = config;
  if (number !== undefined && !(typeof number === "string" && numberShape.test(number)))
    problems.push({ key: "number", message: "needs the phone number with its country, e.g. +4915112345678" });
  const isUrl =
    typeof httpUrl === "string" && URL.canParse(httpUrl) && /^https?:$/.test(new URL(httpUrl).protocol);
  if (httpUrl !== undefined && !isUrl)
    problems.push({ key: "httpUrl", message: "needs the http or https address of a signal-cli daemon" });
  if (cliPath !== undefined && !(typeof cliPath === "string" && /^(?:\/.+|[\w.-]+)$/.test(cliPath)))
    problems.push({ key: "cliPath", message: "needs the absolute path of signal-cli, or its name" });
  return problems;
}

/** The settings of a configuration without {@link problemsOf}. */
export function settingsOf(config: JsonObject): SignalSettings {
  const httpUrl = text(config["httpUrl"]).replace(/\/+$/, "");
  return {
    number: text(config["number"]),
    httpUrl: httpUrl === "" ? null : httpUrl,
    cliPath: text(config["cliPath"]) || "signal-cli",
  };
}
