import type { DeviceStore } from "../devices/store.ts";
import type { ServerSettings } from "../settings.ts";
import { allowedCommands } from "./commands.ts";
import type { NodePairStore } from "./pair-store.ts";
import type { NodeRegistry } from "./registry.ts";

export interface NodeRow {
  nodeId: string;
  displayName?: string | undefined;
  platform?: string | undefined;
  version?: string | undefined;
  remoteIp?: string | undefined;
  caps: readonly string[];
  /** What it offers and policy lets through. */
  commands: readonly string[];
  /** All it offers. */
  declared: readonly string[];
  pathEnv?: string | undefined;
  permissions?: Record<string, boolean> | undefined;
  connectedAtMs?: number | undefined;
  paired: boolean;
  connected: boolean;
}

export interface NodeListDeps {
  devices: DeviceStore;
  nodes: NodeRegistry;
  pairing: NodePairStore;
  settings: () => Pick<ServerSettings, "nodes">;
}

/** Paired devices with role node and what they are doing now, connected ones first. */
export function listNodes(deps: NodeListDeps): NodeRow[] {
  const rows = deps.devices
    .paired()
    .filter((device) => device.roles.includes("node"))
    .map((device): NodeRow => {
      const live = deps.nodes.get(device.deviceId);
      const named = deps.pairing.get(device.deviceId);
      const client = live?.connection.client;
      return {
        nodeId: device.deviceId,
        displayName:
          deps.pairing.nameOf(device.deviceId) ??
          named?.displayName ??
          client?.displayName ??
          device.displayName,
        platform: device.platform ?? client?.platform,
        version: client?.version,
        remoteIp: live?.remoteIp ?? device.remoteIp,
        caps: live?.caps ?? [],
        commands: live ? usable(live.commands, device.platform, deps) : [],
        declared: [...new Set(live?.commands ?? [])].sort(),
        pathEnv: live?.pathEnv,
        permissions: live?.permissions,
        connectedAtMs: live?.connection.connectedAt,
        paired: true,
        connected: live !== undefined,
      };
    });
  return rows.sort((a, b) => Number(b.connected) - Number(a.connected) || a.nodeId.localeCompare(b.nodeId));
}

function usable(
  commands: readonly string[],
  platform: string | undefined,
  deps: Pick<NodeListDeps, "settings">,
): string[] {
  const allowed = allowedCommands(platform, deps.settings().nodes);
  return [...new Set(commands)].filter((command) => allowed.has(command)).sort();
}
