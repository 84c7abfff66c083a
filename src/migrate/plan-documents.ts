import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { readTextIfExists, type Paths } from "../state/index.ts";
import type { Item } from "./contract.ts";
import type { Fields, LegacySource } from "./source.ts";
import { item, type Work } from "./work.ts";

const pairingTtlMs = 60 * 60_000;

interface Input {
  source: LegacySource;
  work: Work;
  paths: Paths;
  now: number;
}

/** Small documents whose meaning is the same here: devices, nodes, exec approvals, identity, pairing, channel positions. */
export function planDocuments(input: Input): Item[] {
  return [
    ...planMaps(input),
    ...planApprovals(input),
    ...planIdentity(input),
    ...planPairing(input),
    ...planOthers(input),
  ];
}

function planMaps({ source, work, paths }: Input): Item[] {
  const maps: Array<[Item["kind"], Fields, string]> = [
    ["device", source.devices.paired, join(paths.devicesDir, "paired.json")],
    ["device request", source.devices.pending, join(paths.devicesDir, "pending.json")],
    ["node", source.nodes.paired, join(paths.nodesDir, "paired.json")],
    ["node request", source.nodes.pending, join(paths.nodesDir, "pending.json")],
  ];
  return maps.flatMap(([kind, entries, path]) => {
    const idName = kind.startsWith("device") ? "deviceId" : "nodeId";
    const there = readObject(path);
    const next = { ...there };
    const items = Object.entries(entries).map(([id, entry]) => {
      if (!isObject(entry) || typeof entry[idName] !== "string")
        return item(kind, id, "left", { reason: `it has no ${idName}` });
      if (idName === "deviceId" && typeof entry["publicKey"] !== "string")
        return item(kind, id, "left", { reason: "it has no public key" });
      next[id] ??= entry;
      return item(kind, id, "carried", { target: shown(path, paths) });
    });
    if (Object.keys(next).length > Object.keys(there).length) write(work, path, next);
    return items;
  });
}

/** Without the socket: it belongs to a program that is gone. */
function planApprovals({ source, work, paths }: Input): Item[] {
  const from = source.execApprovals;
  if (!from) return [];
  const path = paths.execApprovalsPath;
  const target = shown(path, paths);
  const there = readObject(path);
  const next: Fields = structuredClone({ version: 1, ...there });
  const items: Item[] = [];
  const policies = (owner: string, fields: unknown, into: Fields): void => {
    for (const [name, value] of Object.entries(isObject(fields) ? fields : {})) {
      if (name === "allowlist") continue;
      const id = `${owner}.${name}`;
      const same = into[name] === undefined || JSON.stringify(into[name]) === JSON.stringify(value);
      if (same) into[name] = value;
      items.push(
        same
          ? item("exec policy", id, "carried", { target })
          : item("exec policy", id, "left", { reason: "another value is set here already" }),
      );
    }
  };
  policies("defaults", from["defaults"], (next["defaults"] = objectOf(next["defaults"])));
  const agents = (next["agents"] = objectOf(next["agents"]));
  for (const [agentId, rules] of Object.entries(objectOf(from["agents"]))) {
    if (!isObject(rules)) {
      items.push(item("exec policy", `agents.${agentId}`, "left", { reason: "it is damaged" }));
      continue;
    }
    const own: Fields = objectOf(agents[agentId]);
    agents[agentId] = own;
    policies(`agents.${agentId}`, rules, own);
    const list: unknown[] = Array.isArray(own["allowlist"]) ? own["allowlist"] : [];
    const known = new Set(list.map(patternOf));
    for (const [index, entry] of (Array.isArray(rules["allowlist"]) ? rules["allowlist"] : []).entries()) {
      const pattern = patternOf(entry);
      const id = `agents.${agentId}.allowlist.${index}`;
      if (pattern === null) {
        items.push(item("exec approval", id, "left", { reason: "it has no pattern" }));
        continue;
      }
      if (!known.has(pattern)) list.push(entry);
      known.add(pattern);
      items.push(item("exec approval", id, "carried", { target }));
    }
    if (list.length > 0) own["allowlist"] = list;
  }
  const isInPlace = samePlace(source, paths) && source.era === "files";
  if (!isInPlace && items.length > 0 && JSON.stringify(next) !== JSON.stringify(there))
    write(work, path, next);
  return items;
}

const patternOf = (entry: unknown): string | null =>
  isObject(entry) && typeof entry["pattern"] === "string"
    ? JSON.stringify([entry["pattern"], entry["argv"], entry["cwd"]])
    : null;

/** The machine's own key pair is taken only where there is none: two machines must not share one by accident of a re-run. */
function planIdentity({ source, work, paths }: Input): Item[] {
  const parts: Array<[string, Fields | null]> = [
    ["device.json", source.identity.device],
    ["device-auth.json", source.identity.auth],
  ];
  return parts.flatMap(([name, value]) => {
    if (value === null) return [];
    const path = join(paths.identityDir, name);
    const there = readTextIfExists(path);
    if (there === null) write(work, path, value);
    const same = there === null || readObject(path)["deviceId"] === value["deviceId"];
    return [
      same
        ? item("identity", name, "carried", { target: shown(path, paths) })
        : item("identity", name, "left", { reason: "this installation has an identity of its own" }),
    ];
  });
}

/** One file per channel (CONF-12): who may write, and who waits to be let in. Requests live an hour. */
function planPairing({ source, work, paths, now }: Input): Item[] {
  const items: Item[] = [];
  const documents = new Map<string, Fields>();
  for (const { channel, account, allow, requests } of source.pairing) {
    if (!/^[a-z0-9][a-z0-9_-]*$/i.test(channel)) {
      for (const id of allow)
        items.push(
          item("allowed sender", `${channel}/${id}`, "left", { reason: "the channel's name is not valid" }),
        );
      for (const each of requests)
        items.push(
          item("pairing request", `${channel}/${String(each["id"])}`, "left", {
            reason: "the channel's name is not valid",
          }),
        );
      continue;
    }
    const path = join(paths.channelsDir, channel, "pairing.json");
    const document = documents.get(path) ?? { version: 1, ...readObject(path) };
    documents.set(path, document);
    const accounts = (document["accounts"] = objectOf(document["accounts"]));
    const own = (accounts[account] = { allowFrom: [], requests: [], ...objectOf(accounts[account]) }) as {
      allowFrom: unknown[];
      requests: unknown[];
    };
    for (const id of allow) {
      if (!own.allowFrom.includes(id)) own.allowFrom.push(id);
      items.push(
        item("allowed sender", `${channel}/${account}/${id}`, "carried", { target: shown(path, paths) }),
      );
    }
    for (const request of requests) {
      const id = `${channel}/${account}/${String(request["id"])}`;
      const seen = Date.parse(String(request["lastSeenAt"] ?? request["createdAt"]));
      if (!(now - seen < pairingTtlMs)) {
        items.push(item("pairing request", id, "left", { reason: "older than an hour" }));
        continue;
      }
      if (!own.requests.some((each) => isObject(each) && each["id"] === request["id"]))
        own.requests.push(request);
      items.push(item("pairing request", id, "carried", { target: shown(path, paths) }));
    }
  }
  for (const [path, document] of documents) {
    const isNew = JSON.stringify(document) !== JSON.stringify(readObject(path));
    if (isNew && items.some((each) => each.target === shown(path, paths))) write(work, path, document);
  }
  return items;
}

function planOthers({ source, work, paths }: Input): Item[] {
  return source.documents.map(({ id, path: target, value }) => {
    const path = join(paths.stateDir, target);
    const there = readTextIfExists(path);
    const isSame = there !== null && JSON.stringify(readObject(path)) === JSON.stringify(value);
    if (there === null) write(work, path, value);
    return there === null || isSame
      ? item("channel state", id, id === target ? "carried" : "transformed", { target })
      : item("channel state", id, "left", { reason: `${target} is there already` });
  });
}

export const samePlace = (source: LegacySource, paths: Paths): boolean => source.dir === paths.stateDir;
export const shown = (path: string, paths: Paths): string =>
  path.startsWith(`${paths.stateDir}/`) ? path.slice(paths.stateDir.length + 1) : path;
const objectOf = (value: unknown): Fields => (isObject(value) ? value : {});

function write(work: Work, path: string, value: unknown): void {
  work.writes.push({ path, text: `${JSON.stringify(value, null, 2)}\n` });
}

/** @throws UserError STATE_FILE_INVALID: what is damaged here is mended before something is added to it. */
function readObject(path: string): Fields {
  const text = readTextIfExists(path);
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // told below, like any other content that is not an object
  }
  throw new UserError("STATE_FILE_INVALID", `${path} cannot be understood`, {
    hint: `restore it from a backup, or move it away: mv ${path} ${path}.broken`,
  });
}
