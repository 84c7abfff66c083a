import { createHash } from "node:crypto";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer, type WebSocket as ServerSocket } from "ws";
import { acceptKey } from "./accept-key.ts";
import { openLoopbackSocket } from "./loopback-socket.ts";
import type { WebSocketLike } from "./options.ts";

const maxPayload = 200_000;

/** What a client saw, in order, until it closed. */
function record(socket: WebSocketLike, onOpen: () => void = () => {}): Promise<unknown[]> {
  const seen: unknown[] = [];
  socket.addEventListener("open", () => {
    seen.push("open");
    onOpen();
  });
  socket.addEventListener("message", (event) =>
    seen.push(["message", String((event as { data: unknown }).data)]),
  );
  socket.addEventListener("error", () => seen.push("error"));
  return new Promise((resolve) =>
    socket.addEventListener("close", (event) => {
      const { code, reason } = event as { code: number; reason: string };
      resolve([...seen, ["close", code, reason]]);
    }),
  );
}

const both = (url: string): WebSocketLike[] => [
  openLoopbackSocket(url, { maxPayload }),
  new WebSocket(url, { perMessageDeflate: false, maxPayload }),
];

describe("openLoopbackSocket against a server made with ws", () => {
  let server: WebSocketServer;
  let url: string;
  let script: (socket: ServerSocket) => void = () => {};
  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true });
    server.on("connection", (socket) => script(socket));
    await new Promise((resolve) => server.once("listening", resolve));
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const text = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc
      .constantFrom(125, 126, 127, 65_535, 65_536, 150_000)
      .map((length) => "ä".repeat(1).padEnd(length, "x")),
  );
  const step = fc.oneof(
    text.map((data) => (socket: ServerSocket) => socket.send(data)),
    fc.array(text, { minLength: 1, maxLength: 4 }).map((parts) => (socket: ServerSocket) => {
      for (const [i, part] of parts.entries()) {
        socket.send(part, { fin: i === parts.length - 1 });
        if (i === 0) socket.ping("between");
      }
    }),
    fc.constant((socket: ServerSocket) => socket.ping("hey")),
    fc.constant((socket: ServerSocket) => socket.pong()),
  );
  const end = fc.constantFrom<(socket: ServerSocket) => void>(
    (socket) => socket.close(1000, "done"),
    (socket) => socket.close(),
    (socket) => socket.close(4001, "grüße"),
    (socket) => socket.close(1012),
    (socket) => socket.terminate(),
  );

  it("sees what ws sees, whatever the server sends", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), end, async (steps, finish) => {
        script = (socket) => {
          for (const run of steps) run(socket);
          // A reset may overtake what was sent before; after the answer to a ping all of it has arrived.
          socket.ping("last");
          socket.on("pong", (data) => String(data) === "last" && finish(socket));
        };
        const [ours, theirs] = await Promise.all(both(url).map((socket) => record(socket)));
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 60 },
    );
  });

  it("is understood by ws, whatever it sends", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 6 }), async (texts) => {
        const heard: string[] = [];
        const code = new Promise((resolve) => {
          script = (socket) => {
            socket.on("message", (data: Buffer) => heard.push(data.toString("utf8")));
            socket.on("close", (closed, reason) => resolve([closed, String(reason)]));
          };
        });
        const socket = openLoopbackSocket(url, { maxPayload });
        const seen = await record(socket, () => {
          for (const each of texts) socket.send(each);
          socket.close(1000, "bye");
        });
        expect(await code).toEqual([1000, "bye"]);
        expect(heard).toEqual(texts);
        expect(seen).toEqual(["open", ["close", 1000, "bye"]]);
      }),
      { numRuns: 40 },
    );
  });

  it("closes with 1009 what is too long, whole or in parts", async () => {
    for (const parts of [[maxPayload + 1], [maxPayload - 1, 2]]) {
      const codes: number[] = [];
      script = (socket) => {
        socket.on("close", (code) => codes.push(code));
        for (const [i, length] of parts.entries())
          socket.send("x".repeat(length), { fin: i === parts.length - 1 });
      };
      const seen = await record(openLoopbackSocket(url, { maxPayload }));
      expect(seen).toEqual(["open", "error", ["close", 1006, ""]]);
      await expect.poll(() => codes).toEqual([1009]);
    }
  });

  it("can be closed before it is open", async () => {
    const socket = openLoopbackSocket(url, { maxPayload });
    const seen = record(socket);
    socket.close();
    expect(await seen).toEqual([["close", 1006, ""]]);
  });
});

describe("openLoopbackSocket against anything that listens", () => {
  let server: Server;
  const sockets: Socket[] = [];
  let answer: (socket: Socket, key: string) => void = () => {};
  let url: string;
  beforeEach(async () => {
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => socket.destroy());
      socket.once("data", (bytes) =>
        answer(socket, /sec-websocket-key: (.+)\r/i.exec(bytes.toString("latin1"))?.[1] ?? ""),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });

  const welcome = (key: string) =>
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`;

  it.each<[string, (key: string) => string]>([
    ["another status", () => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"],
    ["no HTTP", () => "SSH-2.0-x\r\n\r\n"],
    ["a wrong key", () => welcome("x")],
    [
      "an extension nobody offered",
      (key) => welcome(key).replace(/\r\n\r\n$/, "\r\nSec-WebSocket-Extensions: x\r\n\r\n"),
    ],
    ["no upgrade", (key) => welcome(key).replace("Upgrade: websocket\r\n", "")],
  ])("refuses an answer with %s, as ws does", async (_name, make) => {
    answer = (socket, key) => socket.end(make(key));
    const seen = await Promise.all(both(url).map((socket) => record(socket)));
    expect(seen[0]).toEqual(["error", ["close", 1006, ""]]);
    expect(seen[0]).toEqual(seen[1]);
  });

  it("does not read an answer without end", async () => {
    answer = (socket) => socket.write("x".repeat(40_000));
    const seen = await record(openLoopbackSocket(url, { maxPayload }));
    expect(seen).toEqual(["error", ["close", 1006, ""]]);
  });

  it.each<[string, number[]]>([
    ["a masked frame", [0x81, 0x81, 0, 0, 0, 0, 0x61]],
    ["reserved bits", [0xc1, 0x01, 0x61]],
    ["an unknown opcode", [0x83, 0x00]],
    ["a continuation of nothing", [0x80, 0x00]],
    ["a text within a text", [0x01, 0x00, 0x81, 0x00]],
    ["a ping in parts", [0x09, 0x00]],
    ["a long ping", [0x89, 0x7e, 0x00, 0x80]],
    ["text that is no UTF-8", [0x81, 0x01, 0xff]],
    ["a close of one byte", [0x88, 0x01, 0x03]],
    ["a close code of its own", [0x88, 0x02, 0x03, 0xed]],
    ["a length above every limit", [0x81, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ])("ends at %s, as ws does", async (_name, bytes) => {
    answer = (socket, key) => {
      socket.write(welcome(key));
      socket.write(Buffer.from(bytes));
      socket.on("data", () => socket.end());
    };
    const [ours, theirs] = await Promise.all(both(url).map((socket) => record(socket)));
    expect(ours).toEqual(["open", "error", ["close", 1006, ""]]);
    expect(theirs?.slice(0, 2)).toEqual(["open", "error"]);
  });

  it("takes an answer and frames that come in single bytes", async () => {
    const frames = Buffer.concat([
      Buffer.from([0x01, 0x02, 0x68, 0x65, 0x89, 0x00, 0x80, 0x03, 0x6c, 0x6c, 0x6f]),
      Buffer.from([0x88, 0x02, 0x03, 0xe8]),
    ]);
    answer = (socket, key) => {
      socket.setNoDelay(true);
      for (const byte of Buffer.concat([Buffer.from(welcome(key)), frames])) socket.write(Buffer.of(byte));
    };
    expect(await record(openLoopbackSocket(url, { maxPayload }))).toEqual([
      "open",
      ["message", "hello"],
      ["close", 1000, ""],
    ]);
  });
});

it("acceptKey is what node:crypto says, also for keys of every length", () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 200 }).map((key) => key.replace(/[^ -~]/g, "x")),
      (key) => {
        const sha = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
        expect(acceptKey(key)).toBe(sha);
      },
    ),
  );
});
