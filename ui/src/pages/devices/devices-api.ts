/** What `device.pair.list` and `node.list` say (docs/protocol.md). Times are epoch milliseconds. */
export interface PendingDevice {
  requestId: string;
  deviceId: string;
  displayName?: string;
  platform?: string;
  clientId?: string;
  role: string;
  scopes: string[];
  remoteIp?: string;
  isRepair: boolean;
  ts: number;
}

export interface PairedDevice {
  deviceId: string;
  displayName?: string;
  platform?: string;
  clientId?: string;
  remoteIp?: string;
  approvedAtMs: number;
  tokens: Array<{ role: string; scopes: string[]; revokedAtMs?: number; lastUsedAtMs?: number }>;
}

export interface Node {
  nodeId: string;
  displayName?: string;
  platform?: string;
  version?: string;
  remoteIp?: string;
  caps: string[];
  /** What it offers and policy lets through. */
  commands: string[];
  declared?: string[];
  pathEnv?: string;
  permissions?: Record<string, boolean>;
  connectedAtMs?: number;
  connected: boolean;
}

export const nameOf = (device: { displayName?: string; clientId?: string; deviceId: string }): string =>
  device.displayName ?? `${device.clientId ?? "?"} ${device.deviceId.slice(0, 8)}`;

export const nameOfNode = (node: Pick<Node, "displayName" | "nodeId">): string =>
  node.displayName ?? node.nodeId.slice(0, 8);
