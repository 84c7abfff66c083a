import { createServer, type AddressInfo, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../core/clock.ts";
import { createGuardedConnect } from "./connect.ts";

let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer((socket) => socket.end("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.address() as AddressInfo);
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

async function read(connect: ReturnType<typeof createGuardedConnect>, url: string): Promise<string> {
  const socket = await connect(new URL(url));
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

describe("a guarded connection", () => {
  const clock = systemClock;

  it("goes to a private address only where the operator allowed exactly that origin", async () => {
    const closed = createGuardedConnect({ clock, allowHttp: true });
    await expect(closed(new URL(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
      code: "DIAL_REFUSED",
    });
    const open = createGuardedConnect({ clock, allowOrigins: () => [`http://127.0.0.1:${port}`] });
    expect(await read(open, `http://127.0.0.1:${port}/x`)).toBe("hello");
    await expect(open(new URL(`http://127.0.0.1:${port + 1}/`))).rejects.toMatchObject({
      code: "DIAL_REFUSED",
    });
    await expect(open(new URL(`https://127.0.0.1:${port}/`))).rejects.toMatchObject({ code: "DIAL_REFUSED" });
  });

  it.each([
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://0x7f.1/",
    "http://169.254.169.254/latest",
    "http://2130706433/",
  ])("does not go to %s", async (url) => {
    const connect = createGuardedConnect({ clock, allowHttp: true });
    await expect(connect(new URL(url))).rejects.toMatchObject({ code: "DIAL_REFUSED" });
  });

  it("refuses a name of which one address is private", async () => {
    const connect = createGuardedConnect({
      clock,
      allowHttp: true,
      resolve: () => Promise.resolve(["93.184.215.14", "10.0.0.1"]),
    });
    await expect(connect(new URL("http://both.example/"))).rejects.toMatchObject({ code: "DIAL_REFUSED" });
  });

  it("refuses addresses of this machine when told to", async () => {
    const own = Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .map((entry) => entry.address);
    const connect = createGuardedConnect({
      clock,
      allowHttp: true,
      refuseOwnAddresses: true,
      resolve: () => Promise.resolve(own.slice(-1)),
    });
    await expect(connect(new URL("http://me.example/"))).rejects.toMatchObject({ code: "DIAL_REFUSED" });
  });

  it("says when nobody listens, and stops when told to", async () => {
    await new Promise((resolve) => server.close(resolve));
    const connect = createGuardedConnect({ clock, allowOrigins: () => [`http://127.0.0.1:${port}`] });
    await expect(connect(new URL(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
      code: "DIAL_FAILED",
    });
    const stopped = connect(new URL(`http://127.0.0.1:${port}/`), AbortSignal.abort(new Error("enough")));
    await expect(stopped).rejects.toThrow("enough");
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
});
