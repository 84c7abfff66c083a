import { isObject } from "../core/json.ts";
import { expandHome } from "../state/index.ts";
import { getAt, setAt } from "./config-path.ts";
import type { ConfigIssue } from "./contract.ts";

type Data = Record<string, unknown>;

/**
 * Rewrites older and shorter spellings into the ones of the schema, in place, on a copy that is never saved
 * (CONF-15, 21, 22, 55; CFG-021; legacy-state 1.2 and 2.2).
 * @returns the spellings that should be changed in the file.
 */
export function normalize(data: Data, home: string): ConfigIssue[] {
  const legacy: ConfigIssue[] = [];
  const old = (path: string, instead: string) =>
    legacy.push({ path, message: `old spelling, write ${instead}` });
  gateway(data, old);
  agents(data, old);
  tools(data, old);
  channels(data);
  for (const path of [
    ["agents", "defaults", "workspace"],
    ["logging", "file"],
    ["gateway", "tls", "cert"],
    ["gateway", "tls", "key"],
    ["gateway", "tls", "ca"],
  ]) {
    const value = getAt(data, path);
    if (typeof value === "string") setAt(data, path, expandHome(value, home));
  }
  const list = getAt(data, ["agents", "list"]);
  for (const entry of Array.isArray(list) ? list : []) {
    for (const key of ["workspace", "agentDir"]) {
      if (isObject(entry) && typeof entry[key] === "string") entry[key] = expandHome(entry[key], home);
    }
  }
  return legacy;
}

type Note = (path: string, instead: string) => void;

function gateway(data: Data, old: Note): void {
  const section = data["gateway"];
  if (!isObject(section)) return;
  move(data, ["gateway", "token"], ["gateway", "auth", "token"], old);
  move(data, ["gateway", "customBind"], ["gateway", "customBindHost"], old);
  const tailscale = section["tailscale"];
  if (isObject(tailscale)) {
    for (const mode of ["serve", "funnel"]) {
      if (typeof tailscale[mode] !== "boolean") continue;
      old(`gateway.tailscale.${mode}`, `gateway.tailscale.mode: "${mode}"`);
      // Funnel comes second, so it wins when both are true.
      if (tailscale[mode]) tailscale["mode"] = mode;
      delete tailscale[mode];
    }
  }
  const auth = section["auth"];
  if (!isObject(auth)) return;
  if (auth["mode"] === "none") auth["mode"] = "off";
  if (auth["mode"] === undefined && auth["password"] !== undefined && auth["token"] === undefined) {
    auth["mode"] = "password";
  }
}

function agents(data: Data, old: Note): void {
  const section = data["agents"];
  if (isObject(section) && isObject(section["entries"]) && section["list"] === undefined) {
    old("agents.entries", "agents.list");
    section["list"] = Object.entries(section["entries"]).map(([id, entry]) => ({
      ...(isObject(entry) ? entry : {}),
      id,
    }));
    delete section["entries"];
  }
  move(data, ["memory", "search"], ["agents", "defaults", "memorySearch"], old);
  for (const key of ["model", "imageModel"]) {
    expandModel(getAt(data, ["agents", "defaults"]), key);
  }
  const list = getAt(data, ["agents", "list"]);
  for (const entry of Array.isArray(list) ? list : []) expandModel(entry, "model");
}

/** `"provider/model"` is `{primary: "provider/model"}`. */
function expandModel(owner: unknown, key: string): void {
  if (isObject(owner) && typeof owner[key] === "string") owner[key] = { primary: owner[key] };
}

function tools(data: Data, old: Note): void {
  const exec = getAt(data, ["tools", "exec"]);
  if (isObject(exec) && typeof exec["mode"] === "string") {
    const { mode } = exec;
    old("tools.exec.mode", "tools.exec.security and tools.exec.ask");
    // Only the word whose meaning is known to be this wide is taken so; anything else keeps the careful default.
    if (mode === "full") {
      exec["security"] ??= "full";
      exec["ask"] ??= "off";
    } else if (mode === "deny") exec["security"] ??= "deny";
    delete exec["mode"];
  }
  const queue = getAt(data, ["messages", "queue"]);
  const modes: Record<string, string> = {
    queue: "followup",
    "steer-backlog": "steer",
    "steer+backlog": "steer",
  };
  if (isObject(queue) && typeof queue["mode"] === "string" && Object.hasOwn(modes, queue["mode"])) {
    old("messages.queue.mode", `"${modes[queue["mode"]]}"`);
    queue["mode"] = modes[queue["mode"]];
  }
}

/** Platform ids may be written as numbers; they are compared as text. */
function channels(data: Data): void {
  const section = data["channels"];
  if (!isObject(section)) return;
  const visit = (owner: unknown): void => {
    if (!isObject(owner)) return;
    for (const key of ["allowFrom", "groupAllowFrom"]) {
      const list = owner[key];
      if (Array.isArray(list)) {
        owner[key] = list.map((id: unknown) => (typeof id === "number" ? String(id) : id));
      }
    }
    for (const key of ["accounts", "groups"]) {
      const inner = owner[key];
      if (isObject(inner)) Object.values(inner).forEach(visit);
    }
  };
  Object.values(section).forEach(visit);
}

/** The new spelling wins when both are there. */
function move(data: Data, from: string[], to: string[], old: Note): void {
  const value = getAt(data, from);
  if (value === undefined) return;
  old(from.join("."), to.join("."));
  if (getAt(data, to) === undefined) setAt(data, to, value);
  const parent = getAt(data, from.slice(0, -1));
  const last = from.at(-1);
  if (isObject(parent) && last !== undefined) delete parent[last];
}
