import { once } from "node:events";
import { Agent, get, request, type IncomingMessage } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { silentLogger } from "../core/logger.ts";
import { manualClock, type ManualClock } from "../../test/support/manual-clock.ts";
import { createDoors, type Doors, type Keeper } from "./doors.ts";

const opened: Array<{ doors: Doors; clock: ManualClock }> = [];
afterEach(async () => {
  for (const { doors, clock } of opened.splice(0)) {
    const closed = doors.close(0);
    clock.advance(0);
    await closed;
  }
});

const bind = { host: "127.0.0.1", listen: [{ host: "127.0.0.1", optional: false }], loopback: true };

/** One life that answers everything with its name. */
function life(name: string): Keeper {
  return {
    onRequest: (_request, response) => void response.end(name),
    onUpgrade: (_request, stream) =>
      void stream.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: t\r\nConnection: Upgrade\r\n\r\n${name}`,
      ),
  };
}

function start() {
  const clock = manualClock();
  let timers = 0;
  const doors = createDoors({
    ...clock,
    after(ms, task) {
      timers += 1;
      return clock.after(ms, task);
    },
  });
  opened.push({ doors, clock });
  /** Everything that waits has a timer of its own. */
  const arrived = (count: number) => vi.waitFor(() => expect(timers).toBe(count));
  const open = (keeper: Keeper, port = 0) =>
    doors.open({ bind, port, tls: null, logger: silentLogger, ...keeper });
  return { clock, doors, open, arrived };
}

async function ask(port: number, agent?: Agent): Promise<{ status: number; text: string }> {
  const [answer] = (await once(get({ host: "127.0.0.1", port, agent: agent ?? false }), "response")) as [
    IncomingMessage,
  ];
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += String(part);
  return { status: answer.statusCode ?? 0, text };
}

async function upgrade(port: number): Promise<string> {
  const asked = request({ host: "127.0.0.1", port, headers: { connection: "upgrade", upgrade: "t" } });
  asked.end();
  const [, socket, head] = (await once(asked, "upgrade")) as [IncomingMessage, NodeJS.Socket, Buffer];
  const text = head.length > 0 ? head : ((await once(socket, "data")) as [Buffer])[0];
  (socket as unknown as { destroy(): void }).destroy();
  return text.toString();
}

describe("doors", () => {
  it("lets requests and upgrades between two lives wait for the second", async () => {
    const { doors, open, arrived } = start();
    const { port } = await open(life("first"));
    const agent = new Agent({ keepAlive: true });
    expect(await ask(port, agent)).toEqual({ status: 200, text: "first" });
    doors.hold();
    await doors.settled({ ms: 1000, all: true });
    const waiting = Promise.all([ask(port, agent), ask(port), upgrade(port)]);
    await arrived(3);
    expect((await open(life("second"))).port).toBe(port);
    const second = { status: 200, text: "second" };
    expect(await waiting).toEqual([second, second, "second"]);
    agent.destroy();
  });

  it("gives what waited to the first life when it goes on after all", async () => {
    const { doors, open, arrived } = start();
    const { port } = await open(life("first"));
    doors.hold();
    const waiting = ask(port);
    await arrived(1);
    doors.resume();
    expect((await waiting).text).toBe("first");
    expect((await ask(port)).text).toBe("first");
  });

  it("turns away what waited five seconds, and what comes when they are closed for good", async () => {
    const { clock, doors, open, arrived } = start();
    const { port } = await open(life("first"));
    doors.hold();
    const waiting = ask(port);
    await arrived(1);
    clock.advance(4999);
    const late = ask(port);
    await arrived(2);
    clock.advance(1);
    expect((await waiting).status).toBe(503);
    await doors.close(1000);
    expect((await late).status).toBe(503);
    await expect(ask(port)).rejects.toThrow(/ECONNREFUSED/);
  });

  it("listens anew on another port and still answers what waited at the old one", async () => {
    const { doors, open, arrived } = start();
    const { port } = await open(life("first"));
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const other = (free.address() as AddressInfo).port;
    doors.hold();
    const waiting = ask(port);
    await arrived(1);
    await expect(open(life("taken"), other)).rejects.toMatchObject({ code: "PORT_IN_USE" });
    free.close();
    await once(free, "close");
    expect((await open(life("second"), other)).port).toBe(other);
    expect((await waiting).text).toBe("second");
    expect((await ask(other)).text).toBe("second");
    await expect(ask(port)).rejects.toThrow(/ECONNREFUSED/);
  });

  it("waits for answers that are being given, and cuts those that take too long", async () => {
    const { clock, doors, open } = start();
    let finish = () => {};
    const { port } = await open({
      ...life("first"),
      onRequest: (_request, response) => {
        response.write("be");
        finish = () => void response.end("gun");
      },
    });
    const [slow] = (await once(get({ host: "127.0.0.1", port }), "response")) as [IncomingMessage];
    doors.hold();
    let settled = false;
    const wait = doors.settled({ ms: 1000, all: false }).then(() => (settled = true));
    clock.advance(999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    finish();
    await wait;
    let text = "";
    for await (const part of slow.setEncoding("utf8")) text += String(part);
    expect(text).toBe("begun");
  });
});
