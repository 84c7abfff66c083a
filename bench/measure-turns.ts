import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { makeBed, median, percentile, spawnGateway } from "./gateway.ts";
import type { BenchOptions, Row } from "./row.ts";
import { openSocket, type RpcSocket } from "./rpc.ts";

/** What an agent turn costs beside the model: the provider here answers at once. */
export async function measureTurns({ smoke }: BenchOptions): Promise<Row[]> {
  const provider = fork(fileURLToPath(new URL("instant-provider.ts", import.meta.url)), [], { silent: true });
  const port = await new Promise<number>((resolve) =>
    provider.stdout?.once("data", (data: Buffer) => resolve(Number(data.toString()))),
  );
  const bare = await providerTime(port);
  const bed = await makeBed({
    agents: { defaults: { model: "instant/instant", maxConcurrent: 16 } },
    models: {
      providers: {
        instant: {
          baseUrl: `http://127.0.0.1:${port}/v1`,
          api: "openai-completions",
          apiKey: "bench",
          models: [{ id: "instant", name: "Instant", contextWindow: 2_000_000, maxTokens: 1000 }],
        },
      },
    },
  });
  const gateway = spawnGateway(bed);
  try {
    const socket = await open(bed.port);
    const turn = async (client: RpcSocket, sessionKey: string) => {
      const started = performance.now();
      const result = await client.callFinal("agent", {
        message: "how are you?",
        sessionKey,
        idempotencyKey: randomUUID(),
        deliver: false,
      });
      if (result["status"] !== "ok") throw new Error(`a turn failed: ${JSON.stringify(result)}`);
      return performance.now() - started;
    };
    const total = smoke ? 300 : 2000;
    const window = smoke ? 40 : 100;
    const times: number[] = [];
    for (let i = 0; i < 10; i++) await turn(socket, "warm");
    for (let i = 0; i < total; i++) times.push(await turn(socket, "bench"));
    // The longer prompt itself costs: serialising it, sending it, the provider reading it. A bare client pays the same.
    const promptEarly = await providerTime(port, 20);
    const promptLate = await providerTime(port, 2 * total);
    const early = median(times.slice(10, 10 + window));
    const late = median(times.slice(-window)) - Math.max(0, promptLate - promptEarly);
    const share = early - bare;

    const seconds = smoke ? 3 : 8;
    const clients = await Promise.all(Array.from({ length: 16 }, () => open(bed.port)));
    const until = performance.now() + seconds * 1000;
    const began = performance.now();
    let turns = 0;
    const gaps: number[] = [];
    let watching = true;
    const watch = (async () => {
      while (watching) {
        const asked = performance.now();
        await socket.call("last-heartbeat");
        gaps.push(performance.now() - asked);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await Promise.all(
      clients.map(async (client, index) => {
        while (performance.now() < until) {
          await turn(client, `parallel-${index}`);
          turns++;
        }
      }),
    );
    const elapsed = (performance.now() - began) / 1000;
    watching = false;
    await watch;
    for (const client of clients) client.close();
    socket.close();
    return [
      {
        what: "our share of an agent turn, p50",
        value: share,
        unit: "ms",
        target: 5,
        note: `turn ${early.toFixed(1)} ms, provider ${bare.toFixed(1)} ms`,
      },
      {
        what: `turn ${total} of a session against turn 10`,
        value: late / early,
        unit: "×",
        target: 1.1,
        note: `${late.toFixed(1)} ms, prompt cost taken out`,
      },
      {
        what: "16 sessions in parallel",
        value: turns / elapsed,
        unit: "turns/s",
        target: 150,
        atLeast: true,
      },
      {
        what: "longest answer of another RPC meanwhile",
        value: percentile(gaps, 1),
        unit: "ms",
        target: 50,
        note: "bounds how long the event loop was blocked",
      },
    ];
  } finally {
    await gateway.stop();
    provider.disconnect();
    bed.remove();
  }
}

/** Median milliseconds of the same model call by a bare client with a prompt of so many short messages. */
async function providerTime(port: number, messages = 2): Promise<number> {
  const times: number[] = [];
  const history = Array.from({ length: messages }, (_, i) => ({
    role: i % 2 ? "assistant" : "user",
    content: i % 2 ? "fine, thanks" : "how are you?",
  }));
  for (let i = 0; i < 30; i++) {
    const started = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "instant", stream: true, messages: history }),
    });
    await response.text();
    times.push(performance.now() - started);
  }
  return median(times);
}

async function open(port: number): Promise<RpcSocket> {
  for (let tries = 0; tries < 1000; tries++) {
    const socket = await openSocket(port).catch(() => null);
    if (socket) return socket;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("the gateway did not come up");
}
