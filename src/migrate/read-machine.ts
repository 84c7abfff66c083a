import { isObject } from "../core/json.ts";
import { parse } from "./read-json.ts";
import type { Fields, LegacySource } from "./source.ts";
import { item } from "./work.ts";

export type Row = Record<string, unknown>;
export type Query = (sql: string, ...params: string[]) => Row[];

type Machine = Pick<
  LegacySource,
  | "logins"
  | "cronJobs"
  | "cronRuns"
  | "pairing"
  | "devices"
  | "nodes"
  | "execApprovals"
  | "identity"
  | "documents"
  | "left"
>;

/** What the shared database of the SQLite era holds (legacy-state.md 2.3), in the forms of the files before it. */
export function readMachine(query: Query): Machine {
  const state = new Map(
    query("SELECT state_key, value_json FROM config_machine_state").map((row) => [
      String(row["state_key"]),
      parse(row["value_json"]),
    ]),
  );
  const profiles = state.get("authProfiles.store");
  const triggers = state.get("voicewake.triggers");
  const left: LegacySource["left"] = [];
  for (const row of query("SELECT run_id FROM subagent_runs"))
    left.push(item("sub-agent run", String(row["run_id"]), "left", { reason: "history of a run" }));
  for (const row of query(
    "SELECT id, status FROM delivery_queue_entries WHERE status NOT IN ('delivered', 'completed', 'done')",
  ))
    left.push(
      item("waiting message", `outbox#${String(row["id"])}`, "left", {
        reason: `not delivered by the old program (${String(row["status"])}): send it again`,
      }),
    );
  const exec = parse(
    query("SELECT raw_json FROM exec_approvals_config WHERE config_key = 'current'")[0]?.["raw_json"],
  );
  return {
    logins: isObject(profiles)
      ? [{ agentId: null, source: "state/openclaw.sqlite#authProfiles.store", document: profiles }]
      : [],
    cronJobs: query(
      "SELECT job_id, declaration_key, job_json, state_json FROM cron_jobs ORDER BY job_id",
    ).map((row) => {
      const job = parse(row["job_json"]);
      const jobState = parse(row["state_json"]);
      return {
        id: String(row["job_id"]),
        job: isObject(job) ? { ...job, state: isObject(jobState) ? jobState : {} } : job,
        own: row["declaration_key"] !== null,
      };
    }),
    cronRuns: readRuns(query),
    pairing: readPairing(query),
    ...readDevices(query),
    execApprovals: isObject(exec) ? exec : null,
    identity: readIdentity(query),
    documents: [
      ...(Array.isArray(triggers)
        ? [
            {
              id: "voicewake.triggers",
              path: "settings/voicewake.json",
              value: { triggers: triggers as unknown[] },
            },
          ]
        : []),
      ...query(
        "SELECT entry_key, value_json FROM plugin_state_entries WHERE plugin_id = 'telegram' AND namespace = 'telegram.update-offsets'",
      ).flatMap((row) => {
        const account = String(row["entry_key"]);
        return /^[\w.-]+$/.test(account)
          ? [
              {
                id: `telegram.update-offsets#${account}`,
                path: `channels/telegram/update-offset-${account}.json`,
                value: parse(row["value_json"]),
              },
            ]
          : [];
      }),
    ],
    left,
  };
}

/** The receipt says that a run ended; the task beside it has its summary. */
function readRuns(query: Query): LegacySource["cronRuns"] {
  const tasks = query("SELECT source_id, started_at, detail_json FROM task_runs WHERE runtime = 'cron'");
  return query(
    "SELECT receipt_id, job_id, status, started_at_ms, finished_at_ms, error_text FROM cron_run_receipts ORDER BY started_at_ms",
  ).map((row) => {
    const started = Number(row["started_at_ms"]);
    const finished = typeof row["finished_at_ms"] === "number" ? row["finished_at_ms"] : null;
    const task = tasks.find(
      (each) => each["source_id"] === row["job_id"] && Number(each["started_at"]) === started,
    );
    const detail = parse(task?.["detail_json"]);
    const facts = isObject(detail) ? detail : {};
    return {
      id: String(row["receipt_id"]),
      run:
        finished === null
          ? null
          : {
              ts: finished,
              jobId: row["job_id"],
              status: row["status"],
              error: row["error_text"],
              summary: facts["summary"],
              runAtMs: started,
              durationMs: finished - started,
              nextRunAtMs: facts["nextRunAtMs"],
            },
    };
  });
}

function readPairing(query: Query): LegacySource["pairing"] {
  const byAccount = new Map<string, LegacySource["pairing"][number]>();
  const of = (row: Row): LegacySource["pairing"][number] => {
    const channel = String(row["channel_key"]);
    const account = String(row["account_id"]);
    const there = byAccount.get(`${channel}/${account}`) ?? { channel, account, allow: [], requests: [] };
    byAccount.set(`${channel}/${account}`, there);
    return there;
  };
  for (const row of query(
    "SELECT channel_key, account_id, entry FROM channel_pairing_allow_entries ORDER BY sort_order",
  ))
    of(row).allow.push(String(row["entry"]));
  for (const row of query(
    "SELECT channel_key, account_id, request_id, code, created_at, last_seen_at, meta_json FROM channel_pairing_requests",
  ))
    of(row).requests.push({
      id: row["request_id"],
      code: row["code"],
      createdAt: row["created_at"],
      lastSeenAt: row["last_seen_at"],
      meta: parse(row["meta_json"]) ?? {},
    });
  return [...byAccount.values()];
}

/** Nodes are devices with the role node; what a node offers and waits for approval of is in a column of its device. */
function readDevices(query: Query): Pick<Machine, "devices" | "nodes"> {
  const paired: Fields = {};
  const pending: Fields = {};
  const nodes: Fields = {};
  const waiting: Fields = {};
  for (const row of query("SELECT * FROM device_pairing_paired")) {
    const id = String(row["device_id"]);
    const tokens = parse(row["tokens_json"]);
    paired[id] = {
      ...deviceOf(row),
      ...(row["last_seen_at_ms"] === null ? {} : { lastSeenAtMs: row["last_seen_at_ms"] }),
      tokens: isObject(tokens) ? tokens : {},
      createdAtMs: row["created_at_ms"],
      approvedAtMs: row["approved_at_ms"],
    };
    const surface = parse(row["node_surface_json"]);
    const node = isObject(tokens) ? tokens["node"] : undefined;
    if (isObject(surface) && isObject(node))
      nodes[id] = {
        ...surface,
        nodeId: id,
        token: node["token"],
        createdAtMs: row["created_at_ms"],
        approvedAtMs: row["approved_at_ms"],
      };
    const asked = parse(row["pending_node_surface_json"]);
    if (isObject(asked) && typeof asked["requestId"] === "string")
      waiting[asked["requestId"]] = { ...asked, nodeId: id, isRepair: isObject(surface) };
  }
  for (const row of query("SELECT * FROM device_pairing_pending")) {
    pending[String(row["request_id"])] = {
      requestId: row["request_id"],
      ...deviceOf(row),
      ts: row["ts"],
      silent: false,
      isRepair: false,
    };
  }
  return { devices: { paired, pending }, nodes: { paired: nodes, pending: waiting } };
}

function deviceOf(row: Row): Fields {
  const approved = parse(row["approved_scopes_json"]);
  const fields: Fields = {
    deviceId: row["device_id"],
    publicKey: row["public_key"],
    displayName: row["display_name"],
    platform: row["platform"],
    clientId: row["client_id"],
    clientMode: row["client_mode"],
    role: row["role"],
    roles: parse(row["roles_json"]),
    scopes: approved ?? parse(row["scopes_json"]),
    remoteIp: row["remote_ip"],
  };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}

function readIdentity(query: Query): LegacySource["identity"] {
  const own = query("SELECT * FROM device_identities WHERE identity_key = 'primary'")[0];
  if (!own) return { device: null, auth: null };
  const tokens = query("SELECT role, token, scopes_json, updated_at_ms FROM device_auth_tokens").map(
    (row) => [
      String(row["role"]),
      {
        token: row["token"],
        role: row["role"],
        scopes: parse(row["scopes_json"]) ?? [],
        updatedAtMs: row["updated_at_ms"],
      },
    ],
  );
  return {
    device: {
      version: 1,
      deviceId: own["device_id"],
      publicKeyPem: own["public_key_pem"],
      privateKeyPem: own["private_key_pem"],
      createdAtMs: own["created_at_ms"],
    },
    auth:
      tokens.length > 0
        ? { version: 1, deviceId: own["device_id"], tokens: Object.fromEntries(tokens) as unknown }
        : null,
  };
}
