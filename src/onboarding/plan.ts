import type { JsonObject, JsonValue } from "../core/json.ts";
import { Secret } from "../core/secret.ts";
import type { Plan, Sight } from "./contract.ts";
import { channelPatch, isNew } from "./steps/channels.ts";
import { modelsOf } from "./steps/model.ts";
import { isYes, listOf, textOf, isLocal } from "./steps/sight.ts";
import { wordsOf } from "./words/index.ts";

/** The reference of the model that needs no key and no network. */
const builtinModel = "builtin/offline";

/**
 * What the answers come to, and nothing else: what the configuration says already is not written again, so a second
 * run with the same answers changes nothing (WIZ-020).
 */
export function planOf(sight: Sight, tools: { newToken: () => string }): Plan {
  const { facts } = sight;
  const { plan: said } = wordsOf(facts);
  const changes: Array<[path: string, value: JsonValue, shown?: string]> = [];
  const local = isLocal(sight);
  const mode = local ? "local" : "remote";
  if (facts.config.mode !== mode) changes.push(["gateway.mode", mode]);
  if (local) {
    gatewayChanges(sight, tools, changes);
    modelChanges(sight, changes);
    for (const channel of facts.channels)
      if (isNew(sight, channel.id))
        changes.push([`channels.${channel.id}`, channelPatch(channel, sight), said.entered]);
    const workspace = textOf(sight, "workspace");
    if (workspace !== "" && workspace !== facts.config.workspace)
      changes.push(["agents.defaults.workspace", workspace]);
    for (const { key, enabled } of "skills" in sight.answers ? facts.skills : []) {
      const wanted = listOf(sight, "skills").includes(key);
      if (wanted !== enabled) changes.push([`skills.entries\u0000${key}\u0000enabled`, wanted]);
    }
  } else {
    const url = textOf(sight, "remote.url");
    if (url !== facts.config.remoteUrl) changes.push(["gateway.remote.url", url]);
    const token = textOf(sight, "remote.token");
    if (token !== "") changes.push(["gateway.remote.token", token, said.yours]);
  }
  const key = textOf(sight, "model.key");
  const logins =
    local && key !== "" ? [{ provider: textOf(sight, "model.provider"), secret: new Secret(key) }] : [];
  const service = local && isYes(sight, "service");
  const used = /^login:(.+)$/.exec(textOf(sight, "model"))?.[1];
  const keep =
    service && used !== undefined && facts.logins.some((login) => login.provider === used && login.passing)
      ? [used]
      : [];
  const workspace = local ? textOf(sight, "workspace") || facts.config.workspace : null;
  return {
    patch: nested(changes),
    logins,
    keep,
    workspace,
    service,
    hello: textOf(sight, "hello") || null,
    after: facts.channels
      .filter((channel) => local && channel.login && isNew(sight, channel.id))
      .map(({ id }) => `openclaw channels login --channel ${id}`),
    summary: [
      ...(changes.length === 0 ? [said.nothing(facts.configPath)] : [said.write(facts.configPath)]),
      ...changes.map(
        ([path, value, shown]) => `  ${path.replaceAll("\u0000", ".")} = ${shown ?? textual(value)}`,
      ),
      ...logins.map(({ provider }) => said.store(provider)),
      ...keep.map((provider) => said.keep(provider)),
      ...(workspace === null ? [] : [said.workspace(workspace)]),
      ...(service ? [said.service] : []),
    ],
  };
}

type Changes = Array<[path: string, value: JsonValue, shown?: string]>;

function gatewayChanges(sight: Sight, { newToken }: { newToken: () => string }, changes: Changes): void {
  const { config } = sight.facts;
  const { plan: said } = wordsOf(sight.facts);
  const port = Number(textOf(sight, "port"));
  if (port && port !== config.port) changes.push(["gateway.port", port]);
  const bind = textOf(sight, "bind");
  if (bind && bind !== config.bind) changes.push(["gateway.bind", bind]);
  const auth = textOf(sight, "auth") || config.auth;
  if (auth !== config.auth) changes.push(["gateway.auth.mode", auth]);
  if (auth === "token") {
    const given = textOf(sight, "token");
    if (given !== "") changes.push(["gateway.auth.token", given, said.yours]);
    else if (!config.hasToken) changes.push(["gateway.auth.token", newToken(), said.fresh]);
  }
  const password = auth === "password" ? textOf(sight, "password") : "";
  if (password !== "") changes.push(["gateway.auth.password", password, said.yours]);
}

function modelChanges(sight: Sight, changes: Changes): void {
  const { primary } = sight.facts.config;
  const source = textOf(sight, "model");
  // Without a choice the gateway takes the first login or server it finds, so a key that comes later is used at once.
  const wanted =
    source === "builtin"
      ? primary && builtinModel
      : textOf(sight, "model.name") || (source === "keep" ? primary : modelsOf(sight)[0]);
  if (wanted && wanted !== primary) changes.push(["agents.defaults.model", { primary: wanted }, wanted]);
}

const textual = (value: JsonValue) => (typeof value === "string" ? value : JSON.stringify(value));

function nested(changes: Changes): JsonObject {
  const patch: JsonObject = {};
  for (const [path, value] of changes) {
    // Names of skills may hold dots; those paths are cut at NUL.
    const keys = path.includes("\u0000")
      ? path.split("\u0000").flatMap((part, at) => (at === 0 ? part.split(".") : [part]))
      : path.split(".");
    let at = patch;
    for (const key of keys.slice(0, -1)) {
      const next = at[key];
      if (typeof next === "object" && next !== null && !Array.isArray(next)) at = next;
      else at = at[key] = {} as JsonObject;
    }
    at[keys.at(-1) ?? ""] = value;
  }
  return patch;
}
