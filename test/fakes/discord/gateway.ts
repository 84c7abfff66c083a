import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { isObject } from "../../../src/core/json.ts";
import type { DiscordFaults } from "./faults.ts";
import { channelWire, type Platform, type Session } from "./platform.ts";

const heartbeatMs = 41_250;
const messageContent = 1 << 15;

/** The gateway's end of the connections: HELLO, IDENTIFY, RESUME, heartbeats, events. */
export function createGatewaySide(
  platform: Platform,
  options: { faults: DiscordFaults; muted: (socket: Socket) => boolean; url: () => string },
) {
  const { clock } = platform;
  const { faults, muted } = options;
  const connections = new Map<WebSocket, { session: Session | null }>();
  let sessions = 0;
  let identifies = 0;
  let resumes = 0;
  let presence: unknown = null;

  function accept(client: WebSocket, socket: Socket): void {
    const own: { session: Session | null } = { session: null };
    connections.set(client, own);
    let free = 0;
    /** In order, also when the network becomes faster meanwhile. */
    const inTime = (task: () => void) => {
      free = Math.max(free, clock.now() + faults.slowMs);
      if (free <= clock.now()) task();
      else clock.after(free - clock.now(), task);
    };
    const send = (payload: unknown) =>
      inTime(() => {
        if (!muted(socket) && client.readyState === client.OPEN) client.send(JSON.stringify(payload));
      });
    const close = (code: number, reason: string) => inTime(() => client.close(code, reason));

    client.on("message", (data: Buffer) => {
      if (muted(socket)) return;
      const payload: unknown = JSON.parse(data.toString("utf8"));
      if (!isObject(payload)) return;
      if (payload["op"] === 1) return send({ op: 11 });
      if (payload["op"] === 2) return identify(payload["d"]);
      if (payload["op"] === 6) return resume(payload["d"]);
      close(4001, "Unknown opcode");
    });
    client.on("error", () => undefined);
    client.on("close", (code) => {
      connections.delete(client);
      const { session } = own;
      if (!session || session.send !== send) return;
      session.send = null;
      session.endedAt = clock.now();
      // A client that says goodbye like this gives its session up.
      if (code === 1000 || code === 1001) drop(session);
    });
    send({ op: 10, d: { heartbeat_interval: heartbeatMs } });

    function identify(value: unknown): void {
      identifies += 1;
      const data = isObject(value) ? value : {};
      const bot = platform.bots.get(String(data["token"]));
      if (!bot || faults.revoked) return close(4004, "Authentication failed.");
      presence = data["presence"];
      const intents = Number(data["intents"]);
      if (!Number.isInteger(intents)) return close(4013, "Invalid intent(s).");
      if ((intents & messageContent) !== 0 && !bot.mayRead) return close(4014, "Disallowed intent(s).");
      const session: Session = {
        id: `session-${++sessions}`,
        bot,
        seq: 0,
        events: [],
        send,
        endedAt: null,
      };
      own.session = session;
      bot.sessions.push(session);
      platform.tell(session, "READY", {
        v: 10,
        user: bot.user,
        session_id: session.id,
        resume_gateway_url: options.url(),
        guilds: [...platform.guilds.keys()].map((id) => ({ id, unavailable: true })),
        application: { id: bot.applicationId, flags: 0 },
        private_channels: [],
      });
      for (const guild of platform.guilds.values()) {
        const inside = [...platform.channels.values()].filter((each) => each.guild_id === guild.id);
        platform.tell(session, "GUILD_CREATE", {
          id: guild.id,
          name: guild.name,
          joined_at: new Date(0).toISOString(),
          roles: guild.roles,
          members: guild.members.filter((each) => each.user.id === bot.user.id),
          channels: inside.filter((each) => each.type !== 11).map(channelWire),
          threads: inside.filter((each) => each.type === 11).map(channelWire),
        });
      }
    }

    function resume(value: unknown): void {
      resumes += 1;
      const data = isObject(value) ? value : {};
      const bot = platform.bots.get(String(data["token"]));
      if (!bot || faults.revoked) return close(4004, "Authentication failed.");
      const session = bot.sessions.find((each) => each.id === data["session_id"]);
      const seq = Number(data["seq"]);
      if (!session || !platform.alive(session)) return send({ op: 9, d: false });
      if (!(seq <= session.seq)) return close(4007, "Invalid seq.");
      own.session = session;
      session.send = null;
      for (const event of session.events.filter((each) => each.s > seq)) send({ op: 0, ...event });
      session.endedAt = null;
      session.send = send;
      platform.tell(session, "RESUMED", {});
    }
  }

  function drop(session: Session): void {
    const { bot } = session;
    bot.sessions = bot.sessions.filter((each) => each !== session);
  }

  const each = (task: (client: WebSocket) => void) => {
    for (const client of connections.keys()) task(client);
  };

  return {
    accept,
    counts: () => ({ identifies, resumes, open: connections.size }),
    /** As the newest session asked to be shown. */
    presence: () => presence,
    closeAll: (code: number, reason: string) => each((client) => client.close(code, reason)),
    /** Asks every client to come again. */
    reconnect: () => each((client) => client.send(JSON.stringify({ op: 7, d: null }))),
    invalidate(resumable: boolean): void {
      if (!resumable) for (const { session } of connections.values()) if (session) drop(session);
      each((client) => client.send(JSON.stringify({ op: 9, d: resumable })));
    },
    /** Forgets every session, as after a fault of the platform. */
    forget(): void {
      for (const bot of platform.bots.values())
        bot.sessions = bot.sessions.filter((each) => each.send !== null);
    },
  };
}
