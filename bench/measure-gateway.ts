import { fork, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { makeBed, median, spawnGateway, treeMb } from "./gateway.ts";
import { load, openSocket, type RpcSocket } from "./rpc.ts";
import type { BenchOptions, Row } from "./row.ts";

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Start, memory and the speed of the control plane. */
export async function measureGateway({ smoke }: BenchOptions): Promise<Row[]> {
  const rows: Row[] = [];
  const bed = await makeBed();
  try {
    const bare: number[] = [];
    const starts: number[] = [];
    for (let round = 0; round < (smoke ? 3 : 9); round++) {
      const before = performance.now();
      spawnSync(process.execPath, ["-e", "0"]);
      bare.push(performance.now() - before);
      const started = performance.now();
      const gateway = spawnGateway(bed);
      const socket = await untilOpen(bed.port);
      starts.push(performance.now() - started);
      socket.close();
      await gateway.stop();
    }
    const start = median(starts);
    rows.push({
      what: "gateway spawn → `hello-ok`",
      value: start / median(bare),
      unit: "× bare",
      target: 8,
      note: `${start.toFixed(0)} ms`,
    });

    const gateway = spawnGateway(bed);
    (await untilOpen(bed.port)).close();
    const pid = gateway.child.pid ?? 0;
    await pause(smoke ? 3000 : 10_000); // Idle means: after start-up work and a first collection.
    rows.push({
      what: "idle memory (PSS, whole tree)",
      value: treeMb(pid, "Pss"),
      unit: "MB",
      target: 90,
      note: `${treeMb(pid, "Pss_Anon").toFixed(0)} MB its own; the rest is Node's program, shared with the other Node processes of the machine`,
    });

    const seconds = smoke ? 2 : 6;
    await load(bed.port, 32, 1, "health", {});
    const health = await load(bed.port, 32, seconds, "health", {});
    rows.push({
      what: "`health` RPC, 32 connections",
      value: health.perSecond,
      unit: "/s",
      target: 12_000,
      atLeast: true,
    });
    rows.push({ what: "`health` RPC p99", value: health.p99, unit: "ms", target: 10 });

    const filler = await openSocket(bed.port);
    for (let i = 0; i < 50; i++)
      await filler.call("sessions.patch", { key: `bench-${i}`, label: `bench ${i}` });
    filler.close();
    const list = await load(bed.port, 32, seconds, "sessions.list", { limit: 50 });
    rows.push({
      what: "`sessions.list`, 50 rows",
      value: list.perSecond,
      unit: "/s",
      target: 5000,
      atLeast: true,
    });

    const handshakes: number[] = [];
    for (let i = 0; i < (smoke ? 100 : 500); i++) {
      const began = performance.now();
      const socket = await openSocket(bed.port);
      handshakes.push(performance.now() - began);
      socket.close();
    }
    const bareMs = await bareHandshake(handshakes.length);
    rows.push({
      what: "connect + handshake p50",
      value: median(handshakes),
      unit: "ms",
      target: 0.6,
      note: `a bare ws server that answers one message: ${bareMs.toFixed(2)} ms`,
      guard: { value: median(handshakes) / bareMs, target: 1.6 },
    });

    // Between 200 and 1,000: the first ones also grow heap and buffers that every gateway with any load has.
    const idle: RpcSocket[] = [];
    const memoryAt = async (count: number) => {
      while (idle.length < count)
        idle.push(...(await Promise.all(Array.from({ length: 50 }, () => openSocket(bed.port)))));
      await pause(4000);
      return treeMb(pid, "Pss");
    };
    const [few, many] = [200, 1000];
    const before = await memoryAt(few);
    const each = (((await memoryAt(many)) - before) * 1024) / (many - few);
    rows.push({
      what: "idle connection",
      value: each,
      unit: "kB",
      target: 12,
      // V8 grows its heap in large steps and an idle process collects nothing, so a single run swings between 8 and 40;
      // what CI can see is a connection that keeps buffers of its own.
      guard: { value: each, target: 40 },
    });
    for (const socket of idle) socket.close();
    await gateway.stop();
    return rows;
  } finally {
    bed.remove();
  }
}

/** The same exchange — open, one message each way — with a server that does nothing else. Milliseconds, median. */
async function bareHandshake(rounds: number): Promise<number> {
  const server = fork(fileURLToPath(new URL("bare-ws.ts", import.meta.url)), [], { silent: true });
  const port = await new Promise<number>((resolve) =>
    server.stdout?.once("data", (data: Buffer) => resolve(Number(data.toString()))),
  );
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const began = performance.now();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
    await new Promise<void>((resolve, reject) => {
      let messages = 0;
      socket.once("error", reject);
      socket.on("message", () => (++messages === 1 ? socket.send("{}") : resolve()));
    });
    times.push(performance.now() - began);
    socket.terminate();
  }
  server.disconnect();
  return median(times);
}

async function untilOpen(port: number): Promise<RpcSocket> {
  for (let tries = 0; tries < 4000; tries++) {
    const socket = await openSocket(port).catch(() => null);
    if (socket) return socket;
    await pause(2);
  }
  throw new Error("the gateway did not come up");
}
