import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logger.ts";
import type { EventHub } from "../broadcaster.ts";
import type { NodeRegistry } from "../nodes/registry.ts";
import type { Presence } from "../presence.ts";
import type { ServerLimits } from "../settings.ts";
import { LiveConnection } from "./connection.ts";
import type { HandshakeContext } from "./handshake.ts";
import { helloPayload, type HelloSource } from "./hello.ts";

/** What happens around a connection when it comes and goes: registries, presence, the events that tell of it. */
export function createBinder(deps: {
  clock: Clock;
  logger: Logger;
  limits: ServerLimits;
  hello: HelloSource;
  broadcaster: EventHub;
  presence: Presence;
  nodes: NodeRegistry;
  /** Words that wake the assistant: a node is told them when it comes. */
  triggers: () => string[];
  announceHealth: () => void;
  presenceChanged: () => void;
}): Pick<HandshakeContext, "bind" | "bound" | "unbound"> {
  const { clock, logger, limits, broadcaster, presence, nodes } = deps;
  return {
    bind(admitted, params, facts, socket) {
      if (broadcaster.size() >= limits.connections) return null;
      const connection = new LiveConnection(
        {
          id: facts.connId,
          principal: admitted.principal,
          protocol: admitted.protocol,
          client: params.client,
          deviceId: admitted.deviceId,
          caps: new Set(params.caps),
          connectedAt: clock.now(),
          credential: admitted.credential,
          remoteAddress: facts.address.ip,
        },
        limits.maxResponseBacklog,
        socket,
      );
      if (params.client.mode !== "cli") presence.joined(presenceKey(connection), presenceEntry(connection));
      if (admitted.silentlyPaired !== null) {
        broadcaster.broadcast(
          "device.pair.resolved",
          { ...admitted.silentlyPaired, decision: "approved", ts: clock.now() },
          { droppable: true },
        );
      }
      const { connId, hostName } = facts;
      const hello = helloPayload(deps.hello, admitted, { connId, hostName, now: clock.now() });
      return { connection, hello };
    },
    bound(connection, params) {
      // Only now: nothing may reach a client before its hello-ok.
      broadcaster.add(connection);
      logger.debug("client connected", {
        connId: connection.id,
        client: connection.client.id,
        mode: connection.client.mode,
        role: connection.principal.role,
        protocol: connection.protocol,
        remote: connection.remoteAddress,
      });
      if (connection.principal.role === "node" && connection.deviceId !== null) {
        nodes.add({
          nodeId: connection.deviceId,
          connection,
          caps: params.caps,
          commands: params.commands,
          pathEnv: params.pathEnv,
          permissions: params.permissions,
          remoteIp: connection.remoteAddress,
        });
        connection.sendEvent("voicewake.changed", { triggers: deps.triggers() });
      }
      deps.announceHealth();
    },
    unbound(connection) {
      broadcaster.remove(connection);
      nodes.remove(connection);
      if (connection.client.mode === "cli") return;
      const key = presenceKey(connection);
      for (const other of broadcaster.connections()) if (presenceKey(other) === key) return;
      presence.left(key);
      deps.presenceChanged();
    },
  };
}

function presenceKey(connection: LiveConnection): string {
  return connection.deviceId ?? connection.client.instanceId ?? connection.id;
}

function presenceEntry(connection: LiveConnection): Parameters<Presence["joined"]>[1] {
  const { client, principal, deviceId } = connection;
  return {
    host: client.displayName ?? client.id,
    ip: connection.remoteAddress,
    version: client.version,
    platform: client.platform,
    mode: client.mode,
    reason: "connect",
    roles: [principal.role],
    scopes: [...principal.scopes],
    ...(deviceId === null ? {} : { deviceId }),
    ...(client.instanceId === undefined ? {} : { instanceId: client.instanceId }),
  };
}
