import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { externalChannel } from "../../../src/channels/external/index.ts";
import type { ChannelDouble, DoubleOptions, RunningDouble, Said, Seen } from "../../channels/driver.ts";

const folder = fileURLToPath(new URL("../../../examples/channel-adapter", import.meta.url));
const world = {
  alice: { id: "u1", name: "Alice" },
  bob: { id: "u2", name: "Bob" },
  robot: { id: "u3", name: "Robot" },
  us: { id: "u0", name: "claw" },
  direct: "d1",
  bobsDirect: "d2",
  group: "g1",
};
const asIs = "line chat shows what it is given";

/** The server of examples/channel-adapter: keeps each event until it is acknowledged, drops what comes again by key. */
export const linechatDouble: ChannelDouble = {
  manifest: externalChannel(folder),
  realTime: true,
  gaps: {
    "text-out": asIs,
    "markdown-out": asIs,
    "hostile-out": asIs,
    "rate-limit": "the server has no rate limit",
    conflict: "the newest connection wins",
    "delete-in": "line chat keeps every line",
  },
  start,
};

interface Line {
  type: string;
  key?: string;
  token?: string;
  to?: string;
  text?: string;
  messageId?: string;
  id?: number;
  on?: boolean;
}

async function start({ clock }: DoubleOptions): Promise<RunningDouble> {
  const seen: Seen[] = [];
  const byKey = new Map<string, string>();
  const events: Array<{ id: number; event: object }> = [];
  const typing = new Set<string>();
  const sockets = new Set<Socket>();
  const said = new Map<string, Said>();
  const left = { fail: 0, answer: 0, request: 0, duplicate: 0 };
  let account: Socket | null = null;
  let [cut, down, revoked, slowMs, skewMs, number] = [false, false, false, 0, 0, 0];
  const deaf = new Set<Socket>();

  const tell = (socket: Socket | null, message: object) => {
    const now = () => {
      if (socket && !deaf.has(socket) && !socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
    };
    if (slowMs > 0) clock.after(slowMs, now);
    else now();
  };
  const happen = (event: object) => {
    const entry = { id: ++number, event };
    events.push(entry);
    const times = left.duplicate-- > 0 ? 2 : 1;
    for (let time = 0; time < times; time++)
      tell(account, { type: "event", event: { ...event, id: entry.id } });
  };

  function take(socket: Socket, line: Line): void {
    if (deaf.has(socket)) return;
    const { key, to = "", text = "" } = line;
    if (line.type === "hello") {
      if (revoked || !line.token?.startsWith("token-")) return tell(socket, { type: "refused" });
      account = socket;
      tell(socket, { type: "welcome" });
      for (const { id, event } of events) tell(socket, { type: "event", event: { ...event, id } });
    } else if (line.type === "ping") tell(socket, { type: "pong" });
    else if (line.type === "ack") {
      const at = events.findIndex(({ id }) => id === line.id);
      if (at >= 0) events.splice(at, 1);
    } else if (line.type === "typing") typing[line.on ? "add" : "delete"](to);
    else if (line.type === "probe") tell(socket, { type: "done", key, name: world.us.name });
    else if (left.request-- > 0) socket.destroy();
    else if (left.fail-- > 0) tell(socket, { type: "done", key, busy: 100 });
    else {
      const done = key === undefined ? undefined : byKey.get(key);
      const messageId = done ?? line.messageId ?? `m${++number}`;
      const before = seen.find((each) => each.messageId === messageId);
      if (done === undefined && before)
        Object.assign(before, { raw: text, plain: text, before: [...before.before, before.plain] });
      else if (done === undefined) {
        const shown = {
          raw: text,
          plain: text,
          spans: [],
          rings: [],
          before: [],
          deleted: false,
          media: [],
          buttons: [],
        };
        seen.push({ messageId, chatId: to, ...shown, at: clock.now() });
      }
      if (key !== undefined) byKey.set(key, messageId);
      if (left.answer-- > 0) socket.destroy();
      else tell(socket, { type: "done", key, messageId });
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      if (account === socket) account = null;
    });
    if (cut || down) return void socket.destroy();
    createInterface({ input: socket }).on("line", (line) => {
      const go = () => take(socket, JSON.parse(line) as Line);
      if (slowMs > 0) clock.after(slowMs, go);
      else go();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  const chatOf = ({ by, place }: Said) =>
    place === "direct"
      ? { kind: "direct", id: by === "bob" ? world.bobsDirect : world.direct }
      : { kind: "group", id: world.group, title: "Team" };
  const about = (message: Said) => ({
    chat: chatOf(message),
    sender: { ...world[message.by], bot: message.by === "robot", self: message.by === "us" },
    sentAt: clock.now() + skewMs,
  });

  return {
    world,
    account: (name) => ({ server: `127.0.0.1:${port}`, token: `token-${name}` }),
    say(message) {
      const messageId = `m${++number}`;
      said.set(messageId, message);
      happen({
        kind: "message",
        messageId,
        ...about(message),
        text: message.text ?? "",
        mentioned: message.mention ?? false,
      });
      return Promise.resolve(messageId);
    },
    edit(targetId, text) {
      const message = said.get(targetId);
      if (message) happen({ kind: "edit", messageId: `m${++number}`, ...about(message), targetId, text });
      return Promise.resolve();
    },
    seen: () => seen,
    typing: (chatId) => typing.has(chatId),
    faults: {
      failSends: (times) => void (left.fail = times),
      down(on) {
        down = on;
        if (on) drop();
      },
      revoke(on) {
        revoked = on;
        if (on) drop();
      },
      cut(on) {
        cut = on;
        if (on) drop();
      },
      // Seconds of the real clock are expensive.
      slow: (ms) => void (slowMs = Math.min(ms, 400)),
      halfOpen() {
        for (const socket of sockets) deaf.add(socket);
        account = null;
      },
      loseAnswer: (times) => void (left.answer = times),
      loseRequest: (times) => void (left.request = times),
      duplicate: (times) => void (left.duplicate = times),
      skew: (ms) => void (skewMs = ms),
    },
    stop() {
      drop();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
