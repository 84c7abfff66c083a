import { basename, join } from "node:path";
import { isObject } from "../core/json.ts";
import { readTextIfExists } from "../state/index.ts";
import type { Item } from "./contract.ts";
import { agentFolders, namesIn } from "./detect.ts";
import { canonicalKey } from "./keys.ts";
import { readCommon, type Common } from "./read-common.ts";
import type { Fields, LegacySource, SourceSession, SourceTranscript } from "./source.ts";

/** Reads an installation of the JSON era (legacy-state.md 1). Nothing is changed; what cannot be read is a warning. */
export function readFilesEra(dir: string): LegacySource {
  const common = readCommon(dir, "files");
  const { warnings } = common;
  const json = (path: string): Fields | null => common.json(path);
  const sessions: SourceSession[] = [];
  const transcripts: SourceTranscript[] = [];
  const left: Item[] = [...common.left];
  const logins: LegacySource["logins"] = [];

  const places = [
    // Before there were agents, one list lay at the top.
    { agentId: "main", folder: "sessions", agentDir: "agent" },
    ...agentFolders(dir)
      .filter((id) => /^[a-z0-9][a-z0-9_-]{0,63}$/.test(id))
      .map((agentId) => ({
        agentId,
        folder: `agents/${agentId}/sessions`,
        agentDir: `agents/${agentId}/agent`,
      })),
  ];
  for (const { agentId, folder, agentDir } of places) {
    const read = readSessions({ dir, folder, agentId, mainKey: common.mainKey, common });
    merge(sessions, read.sessions);
    transcripts.push(...read.transcripts);
    const store = json(`${agentDir}/auth-profiles.json`);
    if (store) logins.push({ agentId, source: `${agentDir}/auth-profiles.json`, document: store });
  }
  const shared = json("credentials/auth-profiles.json");
  if (shared) logins.push({ agentId: null, source: "credentials/auth-profiles.json", document: shared });
  const oauth = json("credentials/oauth.json");
  if (oauth) {
    const profiles = Object.fromEntries(
      Object.entries(oauth).flatMap(([provider, tokens]) =>
        isObject(tokens) ? [[`${provider}:default`, { type: "oauth", provider, ...tokens }]] : [],
      ),
    );
    logins.push({ agentId: null, source: "credentials/oauth.json", document: { profiles } });
  }

  const runs = json("subagents/runs.json")?.["runs"];
  for (const id of Object.keys(isObject(runs) ? runs : {}))
    left.push({
      kind: "sub-agent run",
      id,
      fate: "left",
      reason: "history of a run that ended; its conversation is carried",
    });
  const voicewake = json("settings/voicewake.json");
  const offsets = namesIn(join(dir, "telegram")).flatMap((name) => {
    const account = /^update-offset-(.+)\.json$/.exec(name)?.[1];
    const value = account === undefined ? null : json(`telegram/${name}`);
    return value && account !== undefined
      ? [{ id: `telegram/${name}`, path: `channels/telegram/${name}`, value }]
      : [];
  });
  const jobs = json("cron/jobs.json")?.["jobs"];
  const cronJobs = (Array.isArray(jobs) ? jobs : []).map((job: unknown, index) => ({
    id: isObject(job) && typeof job["id"] === "string" ? job["id"] : `cron/jobs.json#${index}`,
    job,
    own: false,
  }));
  const cronRuns = namesIn(join(dir, "cron", "runs")).flatMap((name) => {
    if (!name.endsWith(".jsonl")) return [];
    common.claim(`cron/runs/${name}`);
    return linesOf(join(dir, "cron", "runs", name)).map((run, index) => ({
      id: `${name}#${index + 1}`,
      run: isObject(run) ? run : null,
    }));
  });
  const pairing = namesIn(join(dir, "credentials")).flatMap((name) => {
    const match = /^([a-z0-9_-]+)-(pairing|allowFrom)\.json$/i.exec(name);
    const value = match ? json(`credentials/${name}`) : null;
    if (!match?.[1] || !value) return [];
    const list = value["requests"];
    return [
      {
        channel: match[1],
        account: "default",
        allow: texts(value["allowFrom"]),
        requests: (Array.isArray(list) ? list : []).filter(isObject),
      },
    ];
  });
  const source: LegacySource = {
    ...common.base,
    sessions,
    transcripts,
    logins,
    cronJobs,
    cronRuns,
    pairing,
    devices: { paired: json("devices/paired.json") ?? {}, pending: json("devices/pending.json") ?? {} },
    nodes: { paired: json("nodes/paired.json") ?? {}, pending: json("nodes/pending.json") ?? {} },
    execApprovals: json("exec-approvals.json"),
    identity: { device: json("identity/device.json"), auth: json("identity/device-auth.json") },
    documents: [
      ...offsets,
      ...(voicewake
        ? [{ id: "settings/voicewake.json", path: "settings/voicewake.json", value: voicewake }]
        : []),
    ],
    left,
    warnings,
    close: () => undefined,
  };
  // Last: everything nobody has claimed is told by name.
  source.left.push(...common.unclaimed());
  return source;
}

function readSessions(options: {
  dir: string;
  folder: string;
  agentId: string;
  mainKey: string;
  common: Common;
}): { sessions: SourceSession[]; transcripts: SourceTranscript[] } {
  const { dir, folder, agentId, mainKey, common } = options;
  const files = namesIn(join(dir, folder), (entry) => entry.isFile()).filter(
    (name) =>
      // `<id>.jsonl`, and what a deletion or a repair left: `<id>.jsonl.deleted.<time>`. Ours say so in their lines.
      /\.jsonl(?:\.(?:deleted|bak|reset)\..+)?$/.test(name) && !isOurs(join(dir, folder, name)),
  );
  const transcripts = files.map((name) => {
    common.claim(`${folder}/${name}`);
    return {
      id: name.replace(/\.jsonl(?=$|\.)/, ""),
      agentId,
      read: () => linesOf(join(dir, folder, name)),
    };
  });
  const store = common.json(`${folder}/sessions.json`) ?? {};
  const sessions = Object.entries(store).flatMap(([oldKey, entry]): SourceSession[] => {
    if (!isObject(entry)) {
      common.left.push({ kind: "session", id: oldKey, fate: "left", reason: "its entry is damaged" });
      return [];
    }
    const key = canonicalKey(oldKey, { agentId, mainKey });
    // The file that is named wins over the id; after a move only its last part is right.
    const file =
      typeof entry["sessionFile"] === "string"
        ? basename(entry["sessionFile"].replaceAll("\\", "/"))
        : `${String(entry["sessionId"])}.jsonl`;
    const id = file.replace(/\.jsonl$/, "");
    return [
      {
        key,
        agentId: /^agent:([^:]+):/.exec(key)?.[1] ?? agentId,
        oldKeys: [oldKey],
        record: entry,
        transcripts: files.includes(file) ? [id] : [],
      },
    ];
  });
  return { sessions, transcripts };
}

/** Two entries of one conversation become one: all transcripts, the settings of the one used last. */
function merge(into: SourceSession[], more: readonly SourceSession[]): void {
  for (const session of more) {
    const there = into.find(({ key }) => key === session.key);
    if (!there) {
      into.push({ ...session });
      continue;
    }
    const older =
      Number(there.record["updatedAt"] ?? 0) > Number(session.record["updatedAt"] ?? 0) ? session : there;
    const newer = older === there ? session : there;
    there.record = { ...older.record, ...newer.record };
    there.oldKeys = [...there.oldKeys, ...session.oldKeys];
    there.transcripts = [...new Set([...there.transcripts, ...session.transcripts])];
  }
}

/** Transcripts of this program have a role on each line and no header. */
function isOurs(path: string): boolean {
  const first = linesOf(path).find(isObject);
  return first !== undefined && typeof first["role"] === "string" && first["type"] === undefined;
}

function linesOf(path: string): unknown[] {
  const text = readTextIfExists(path) ?? "";
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line): unknown => {
      try {
        return JSON.parse(line);
      } catch {
        return null; // torn; it is counted as left
      }
    });
}

const texts = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.flatMap((each: unknown) =>
        typeof each === "string" || typeof each === "number" ? [String(each)] : [],
      )
    : [];
