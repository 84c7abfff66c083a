import { resolve } from "node:path";
import { UsageError } from "../../../core/errors.ts";
import { Secret } from "../../../core/secret.ts";
import type { Answers, Plan, Value } from "../../../onboarding/index.ts";
import { flag, text } from "../../options.ts";

/** Option names of `openclaw onboard` by the step they answer. */
const answeredBy = {
  flow: "flow",
  mode: "mode",
  "remote.url": "remoteUrl",
  "remote.token": "remoteToken",
  model: "modelSource",
  "model.provider": "provider",
  "model.key": "apiKey",
  port: "gatewayPort",
  bind: "gatewayBind",
  auth: "gatewayAuth",
  token: "gatewayToken",
  password: "gatewayPassword",
  workspace: "workspace",
} as const;

const keyFlags = {
  anthropicApiKey: "anthropic",
  openaiApiKey: "openai",
  geminiApiKey: "google",
  openrouterApiKey: "openrouter",
} as const;

/** Answers that came with the command. Of several keys the first is for the model, the others are stored too (WIZ-019). */
export function presetOf(options: Record<string, unknown>): { preset: Answers; further: Plan["logins"] } {
  const preset: Record<string, Value> = {};
  for (const [id, name] of Object.entries(answeredBy)) {
    const given = text(options, name);
    if (given !== undefined) preset[id] = given;
  }
  const folder = text(options, "workspace");
  // A folder below the current one is meant by the person who types it, not by the gateway that runs elsewhere.
  if (folder !== undefined && folder.trim() !== "" && !folder.startsWith("~"))
    preset["workspace"] = resolve(folder);
  if (flag(options, "acceptRisk")) preset["risk"] = true;
  if (typeof options["installDaemon"] === "boolean") preset["service"] = options["installDaemon"];
  const keys = Object.entries(keyFlags).flatMap(([name, provider]) => {
    const key = text(options, name);
    return key === undefined ? [] : [{ provider, secret: new Secret(key) }];
  });
  if (preset["model.key"] !== undefined && preset["model.provider"] === undefined)
    throw new UsageError("--api-key needs --provider", { hint: "e.g. --provider anthropic --api-key …" });
  const [first] = keys;
  if (preset["model.key"] === undefined && first) {
    preset["model.provider"] = first.provider;
    preset["model.key"] = first.secret.reveal();
    keys.shift();
  }
  if (preset["model.key"] !== undefined) preset["model"] ??= "key";
  if (preset["remote.url"] !== undefined) preset["mode"] ??= "remote";
  return { preset, further: keys };
}
