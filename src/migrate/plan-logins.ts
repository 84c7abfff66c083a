import { join } from "node:path";
import type { OpenClawConfig } from "../config/index.ts";
import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { legacyLogins, modelSettings, providerOf } from "../models/index.ts";
import { readTextIfExists, type Paths } from "../state/index.ts";
import type { Item } from "./contract.ts";
import type { Fields, LegacySource } from "./source.ts";
import { item, type TargetView, type Work } from "./work.ts";

/** Keys, tokens and OAuth logins go into the vault, bound to the address their provider has; order and usage stay per agent. */
export function planLogins(options: {
  source: LegacySource;
  target: TargetView;
  work: Work;
  paths: Paths;
  config: OpenClawConfig;
}): Item[] {
  const { source, target, work, paths, config } = options;
  const items: Item[] = [];
  const taken = new Set<string>();
  for (const { agentId, source: file, document } of source.logins) {
    const profiles = isObject(document["profiles"]) ? document["profiles"] : {};
    const read = new Map(legacyLogins(profiles, file).map((login) => [login.id, login]));
    for (const rawId of Object.keys(profiles)) {
      const shown = `${file}#${rawId}`;
      const login = read.get(rawId) ?? [...read.values()].find((each) => each.id.endsWith(`:${rawId}`));
      if (!login) {
        items.push(item("login", shown, "left", { reason: "it holds no key or token" }));
        continue;
      }
      if (taken.has(login.id)) {
        items.push(item("login", shown, "left", { reason: `another login is named ${login.id} already` }));
        continue;
      }
      try {
        const { baseUrl } = providerOf(login.provider, modelSettings(config, agentId ?? "main"));
        if (baseUrl === null) throw new Error(`provider ${login.provider} needs no login`);
        if (!target.hasLogin(login.id)) work.logins.push({ login, origin: new URL(baseUrl).origin });
        taken.add(login.id);
        items.push(
          item("login", shown, "transformed", {
            target: `credentials/${login.id.replace(":", ".")}.json`,
            reason: "encrypted",
          }),
        );
      } catch (error) {
        items.push(item("login", shown, "left", { reason: messageOf(error).slice(0, 200) }));
      }
    }
    items.push(...planState({ agentId: agentId ?? "main", file, document, work, paths }));
  }
  return items;
}

/** `order`, `lastGood` and `usageStats`: members the agent has already are left alone. */
function planState(options: {
  agentId: string;
  file: string;
  document: Fields;
  work: Work;
  paths: Paths;
}): Item[] {
  const { agentId, file, document, work, paths } = options;
  const members = ["order", "lastGood", "usageStats"].filter((name) => isObject(document[name]));
  if (members.length === 0) return [];
  const target = `agents/${agentId}/agent/auth-profiles.json`;
  const path = join(paths.stateDir, target);
  const waiting = work.writes.find((write) => write.path === path);
  const there = parse(waiting?.text ?? readTextIfExists(path));
  const missing = members.filter((name) => there[name] === undefined);
  if (missing.length > 0) {
    const next = {
      version: 1,
      ...there,
      ...Object.fromEntries(missing.map((name) => [name, document[name]])),
    };
    const text = `${JSON.stringify(next, null, 2)}\n`;
    if (waiting) waiting.text = text;
    else work.writes.push({ path, text });
  }
  return members.map((name) => item("login state", `${file}#${name}`, "carried", { target }));
}

function parse(text: string | null): Fields {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {}; // damaged: it has no member to keep
  }
}
