import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { OpenClawError, UserError } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { isObject } from "../../core/json.ts";
import { constantTimeEqual } from "../../guard/index.ts";
import { openJsonFile } from "../../state/index.ts";

const pendingTtlMs = 300_000;
const maxPending = 100;

/** What a node says about itself; members of the legacy file are kept as they are. */
export interface NodeFacts {
  nodeId: string;
  displayName?: string | undefined;
  platform?: string | undefined;
  version?: string | undefined;
  coreVersion?: string | undefined;
  uiVersion?: string | undefined;
  deviceFamily?: string | undefined;
  modelIdentifier?: string | undefined;
  caps?: string[] | undefined;
  commands?: string[] | undefined;
  remoteIp?: string | undefined;
}
export interface PendingNode extends NodeFacts {
  requestId: string;
  silent?: boolean | undefined;
  isRepair: boolean;
  ts: number;
}
export interface PairedNode extends NodeFacts {
  token: string;
  createdAtMs: number;
  approvedAtMs: number;
  lastConnectedAtMs?: number | undefined;
}

/** The separate store behind `node.pair.*` (protocol.md 3.9): it names nodes and gates no connection. */
export interface NodePairStore {
  paired(): PairedNode[];
  pending(): PendingNode[];
  get(nodeId: string): PairedNode | undefined;
  request(facts: NodeFacts, silent: boolean | undefined): { request: PendingNode; created: boolean };
  approve(requestId: string): PairedNode;
  reject(requestId: string): PendingNode;
  verify(nodeId: string, token: string): PairedNode | null;
  /** @throws UserError for a node the store does not know and that is not `known` otherwise. */
  rename(nodeId: string, displayName: string, known: boolean): void;
  nameOf(nodeId: string): string | undefined;
}

function parseMap<T extends { nodeId: string }>(value: unknown): Map<string, T> {
  if (!isObject(value)) throw new UserError("STATE_FILE_INVALID", "it does not hold a JSON object");
  const entries = Object.entries(value);
  for (const [key, entry] of entries) {
    if (!isObject(entry) || typeof entry["nodeId"] !== "string") {
      throw new UserError("STATE_FILE_INVALID", `entry ${JSON.stringify(key)} is not a node`);
    }
  }
  return new Map(entries as unknown as Array<[string, T]>);
}

/** Opens `nodes/paired.json`, `nodes/pending.json` and `nodes/names.json` (0600). */
export function openNodePairStore(options: { nodesDir: string; clock: Clock }): NodePairStore {
  const { nodesDir, clock } = options;
  const file = <T extends { nodeId: string }>(name: string) =>
    openJsonFile<Map<string, T>>({ path: join(nodesDir, name), parse: parseMap, empty: () => new Map() });
  const pairedFile = file<PairedNode>("paired.json");
  const pendingFile = file<PendingNode>("pending.json");
  const namesFile = file<{ nodeId: string; displayName: string }>("names.json");
  const paired = pairedFile.read();
  const pending = pendingFile.read();
  const names = namesFile.read();
  const asDocument = <T>(map: Map<string, T>) => Object.fromEntries(map) as unknown as Map<string, T>;

  const dropExpired = () => {
    const oldest = clock.now() - pendingTtlMs;
    for (const [id, entry] of pending) if (entry.ts < oldest) pending.delete(id);
  };
  const take = (requestId: string): PendingNode => {
    dropExpired();
    const request = pending.get(requestId);
    if (!request) {
      throw new UserError("INVALID_REQUEST", `unknown requestId ${JSON.stringify(requestId.slice(0, 64))}`, {
        hint: "openclaw nodes list",
      });
    }
    pending.delete(requestId);
    return request;
  };

  return {
    paired: () => [...paired.values()],
    pending() {
      dropExpired();
      return [...pending.values()].sort((a, b) => b.ts - a.ts);
    },
    get: (nodeId) => paired.get(nodeId),
    request(facts, silent) {
      dropExpired();
      const earlier = [...pending.values()].find((entry) => entry.nodeId === facts.nodeId);
      if (earlier) return { request: earlier, created: false };
      if (pending.size >= maxPending) {
        throw new OpenClawError("UNAVAILABLE", `${maxPending} node requests are waiting already`, {
          retryable: true,
        });
      }
      const request: PendingNode = {
        ...facts,
        requestId: uuid(),
        ...(silent === undefined ? {} : { silent }),
        isRepair: paired.has(facts.nodeId),
        ts: clock.now(),
      };
      pending.set(request.requestId, request);
      pendingFile.write(asDocument(pending));
      return { request, created: true };
    },
    approve(requestId) {
      const { requestId: _id, silent: _silent, isRepair: _repair, ts: _ts, ...facts } = take(requestId);
      const now = clock.now();
      const node: PairedNode = {
        ...facts,
        token: randomBytes(16).toString("hex"),
        createdAtMs: paired.get(facts.nodeId)?.createdAtMs ?? now,
        approvedAtMs: now,
      };
      paired.set(node.nodeId, node);
      pairedFile.write(asDocument(paired));
      pendingFile.write(asDocument(pending));
      return node;
    },
    reject(requestId) {
      const request = take(requestId);
      pendingFile.write(asDocument(pending));
      return request;
    },
    verify(nodeId, token) {
      const node = paired.get(nodeId);
      return node && constantTimeEqual(token, node.token) ? node : null;
    },
    rename(nodeId, displayName, known) {
      const node = paired.get(nodeId);
      if (node) {
        node.displayName = displayName;
        pairedFile.write(asDocument(paired));
      } else if (!known) {
        throw new UserError("INVALID_REQUEST", `unknown nodeId ${JSON.stringify(nodeId.slice(0, 80))}`, {
          hint: "openclaw nodes list",
        });
      }
      names.set(nodeId, { nodeId, displayName });
      namesFile.write(asDocument(names));
    },
    nameOf: (nodeId) => names.get(nodeId)?.displayName,
  };
}
