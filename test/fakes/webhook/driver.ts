import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { sign, verify } from "../../../src/channels/webhook/signature.ts";
import { webhookManifest } from "../../../src/channels/webhook/manifest.ts";
import type {
  ChannelDouble,
  DoubleOptions,
  Place,
  RunningDouble,
  Said,
  SaidAttachment,
  Seen,
  Speaker,
} from "../../channels/driver.ts";

const secret = "0123456789abcdef0123456789abcdef";
const world = {
  alice: { id: "alice", name: "Alice" },
  bob: { id: "bob", name: "Bob" },
  robot: { id: "robot", name: "Robot" },
  us: { id: "assistant", name: "Assistant" },
  direct: "alice",
  bobsDirect: "bob",
  group: "team",
  thread: "topic-7",
};

/** A post of ours, as docs/channels/webhook.md describes it. */
interface Posted {
  type?: "poll" | "edit" | "delete" | "reaction";
  to: string;
  threadId?: string;
  text?: string;
  messageId?: string;
  replyTo?: string;
  emoji?: string;
  removed?: boolean;
  poll?: { question: string; options: string[]; maxSelections: number };
  media?: Array<{ kind: string; mimeType: string; fileName: string; base64: string }>;
  buttons?: Array<Array<{ value: string }>>;
}

/** A program that talks to the assistant by signed POSTs, as docs/channels/webhook.md describes it. */
export const webhookDouble: ChannelDouble = {
  manifest: webhookManifest,
  gaps: {
    "markdown-out": "the receiver is given the assistant's markdown as it is",
    "hostile-out": "the receiver is given the assistant's markdown as it is",
    "text-out": "the receiver is given the assistant's markdown as it is",
    skew: "a signature that is an hour old is refused on purpose",
    revoked: "there is no login that could be revoked",
    "half-open": "each message is a request of its own",
    conflict: "nothing is taken that somebody else could take",
  },
  start,
};

async function start({ clock, deliver }: DoubleOptions): Promise<RunningDouble> {
  const seen: Seen[] = [];
  const byKey = new Map<string, string>();
  const sockets = new Set<Socket>();
  const waiting: Array<{ id: string; body: Buffer; repeats: number }> = [];
  const files = new Map<string, Uint8Array>();
  const said = new Map<string, { by: Speaker; place: Place }>();
  const emoji = new Map<string, string>();
  const left = { limit: 0, retryAfterMs: 0, fail: 0, answer: 0, request: 0, duplicate: 0 };
  let [cut, down, stopped, slowMs, number, pumping] = [false, false, false, 0, 0, false];
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));

  /** One after another, each until it was taken. */
  async function pump(): Promise<void> {
    if (pumping) return;
    pumping = true;
    for (let next = waiting[0], pause = 2000; next && !stopped; next = waiting[0]) {
      if (slowMs > 0) await wait(slowMs);
      const status = cut || down ? 503 : await hand(next.body);
      if (status >= 500) {
        await wait(pause);
        pause = Math.min(60_000, pause * 2);
        continue;
      }
      pause = 2000;
      if (next.repeats-- <= 0) waiting.shift();
    }
    pumping = false;
  }

  async function hand(body: Buffer): Promise<number> {
    const headers = { "x-openclaw-signature": sign(secret, body, clock.now()) };
    const answer = deliver("default", { method: "POST", path: "/", headers, body }).then(
      ({ status }) => status,
      () => 500,
    );
    return Promise.race([answer, wait(30_000).then(() => 504)]);
  }

  function take(request: { signature: string; key: string; body: Buffer }, response: ServerResponse): void {
    if (!verify(secret, request.signature, request.body, clock.now()))
      return void response.writeHead(401).end();
    if (down || left.fail-- > 0) return void response.writeHead(503).end();
    if (left.limit-- > 0)
      return void response
        .writeHead(429, { "retry-after": String(Math.ceil(left.retryAfterMs / 1000)) })
        .end();
    if (left.request-- > 0) return void response.destroy();
    const messageId = byKey.get(request.key) ?? `m-${++number}`;
    if (!byKey.has(request.key)) {
      byKey.set(request.key, messageId);
      show(JSON.parse(request.body.toString("utf8")) as Posted, messageId);
    }
    if (left.answer-- > 0) return void response.destroy();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ messageId }));
  }

  /** What a receiver that knows every field makes of a post. */
  function show(posted: Posted, messageId: string): void {
    const shown = seen.find((each) => each.messageId === posted.messageId);
    if (posted.type === "delete" && shown) shown.deleted = true;
    else if (posted.type === "edit" && shown) {
      shown.before.push(shown.plain);
      shown.plain = shown.raw = posted.text ?? "";
    } else if (posted.type === "reaction") {
      if (posted.removed) emoji.delete(posted.messageId ?? "");
      else emoji.set(posted.messageId ?? "", posted.emoji ?? "");
    } else if (posted.type === undefined || posted.type === "poll") {
      const { to, threadId, text = "", replyTo, poll, media = [], buttons = [] } = posted;
      seen.push({
        messageId,
        chatId: to,
        ...(threadId === undefined ? {} : { threadId }),
        raw: text,
        plain: text,
        spans: [],
        rings: [],
        ...(replyTo === undefined ? {} : { replyTo }),
        before: [],
        deleted: false,
        media: media.map(({ base64, ...file }) => ({ ...file, content: Buffer.from(base64, "base64") })),
        buttons: buttons.flat().map(({ value }) => value),
        ...(poll === undefined ? {} : { poll }),
        at: clock.now(),
      });
    }
  }

  const server = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    if (file) return void response.writeHead(200).end(file);
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const go = () => {
        if (request.method === "HEAD") return void response.writeHead(down ? 503 : 200).end();
        const { "x-openclaw-signature": signature = "", "idempotency-key": key = "" } = request.headers;
        take({ signature: String(signature), key: String(key), body: Buffer.concat(parts) }, response);
      };
      if (slowMs > 0) clock.after(slowMs, go);
      else go();
    });
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    if (cut) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const place = (at: Place) =>
    at === "direct"
      ? {}
      : {
          chat: { kind: "group", id: world.group, title: "Team" },
          ...(at === "thread" ? { threadId: world.thread } : {}),
        };
  const whoSaid = (id: string) => said.get(id) ?? { by: "alice" as const, place: "direct" as const };

  function tell(who: { by: Speaker; place: Place }, event: Record<string, unknown>): Promise<string> {
    const id = `in-${++number}`;
    said.set(id, who);
    const sender = {
      ...world[who.by],
      ...(who.by === "robot" ? { bot: true } : {}),
      ...(who.by === "us" ? { self: true } : {}),
    };
    const body = JSON.stringify({ id, sender, ...place(who.place), ts: clock.now(), ...event });
    waiting.push({ id, body: Buffer.from(body), repeats: left.duplicate-- > 0 ? 1 : 0 });
    void pump();
    return Promise.resolve(id);
  }

  function fileOf({ kind, mimeType, fileName, content, statedBytes }: SaidAttachment) {
    const path = `/files/${files.size}`;
    files.set(path, content);
    const bytes = statedBytes === "none" ? {} : { bytes: statedBytes ?? content.length };
    return { kind, mimeType, fileName, ...bytes, url: `http://127.0.0.1:${port}${path}` };
  }

  return {
    world,
    account: (name) => ({ secret, url: `http://127.0.0.1:${port}/${name}` }),
    say({ by, place, text = "", mention, command, quoting, attachments = [], location, contact }: Said) {
      const ours = seen.some((each) => each.messageId === quoting);
      return tell(
        { by, place },
        {
          text,
          mentioned: mention ?? false,
          ...(command ? { command } : {}),
          ...(quoting === undefined ? {} : { replyTo: { messageId: quoting, ours } }),
          ...(attachments.length === 0 ? {} : { attachments: attachments.map(fileOf) }),
          ...(location ? { location } : {}),
          ...(contact ? { contacts: [contact] } : {}),
        },
      );
    },
    edit: async (targetId, text) => void (await tell(whoSaid(targetId), { type: "edit", targetId, text })),
    remove: async (targetId) => void (await tell(whoSaid(targetId), { type: "delete", targetId })),
    react: async ({ by, messageId: targetId, emoji: sign, removed = false }) =>
      void (await tell({ by, place: "direct" }, { type: "reaction", targetId, emoji: sign, removed })),
    async press({ by, messageId: targetId, value }) {
      await tell({ by, place: "direct" }, { type: "action", targetId, value });
      return undefined;
    },
    vote: async ({ by, messageId: targetId, options }) =>
      void (await tell({ by, place: "group" }, { type: "vote", targetId, options })),
    reactions: () => [...emoji].map(([messageId, sign]) => ({ messageId, emoji: sign })),
    seen: () => seen,
    faults: {
      rateLimit: (times, retryAfterMs) => void Object.assign(left, { limit: times, retryAfterMs }),
      failSends: (times) => void (left.fail = times),
      down: (on) => void (down = on),
      cut(on) {
        cut = on;
        if (on) for (const socket of sockets) socket.destroy();
      },
      slow: (ms) => void (slowMs = ms),
      loseAnswer: (times) => void (left.answer = times),
      loseRequest: (times) => void (left.request = times),
      duplicate: (times) => void (left.duplicate = times),
      async forge() {
        const body = Buffer.from(JSON.stringify({ id: "f", sender: world.alice, text: "forged" }));
        const headers = {
          "x-openclaw-signature": sign("some other secret of that length", body, clock.now()),
        };
        return (await deliver("default", { method: "POST", path: "/", headers, body })).status;
      },
    },
    stop() {
      stopped = true;
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
