import { join } from "node:path";
import { systemClock } from "../src/core/clock.ts";
import { silentLogger } from "../src/core/logger.ts";
import { openStorage } from "../src/sessions/index.ts";
import { resolvePaths } from "../src/state/index.ts";
import { makeBed, median, spawnGateway } from "./gateway.ts";
import type { BenchOptions, Row } from "./row.ts";
import { openSocket, type RpcSocket } from "./rpc.ts";

/** What growth costs: many sessions, long transcripts. */
export async function measureHistory({ smoke }: BenchOptions): Promise<Row[]> {
  const bed = await makeBed();
  const paths = resolvePaths({ env: bed.env, home: bed.home });
  const { ledger, sessions } = await openStorage({
    paths,
    clock: systemClock,
    logger: silentLogger,
    policy: () => ({
      maxConcurrent: 1,
      maxConcurrentPerAgent: () => 1,
      leaseMs: 30_000,
      defaultTimeoutMs: 60_000,
      maxQueuedPerSession: 100,
    }),
  });
  await Promise.all(
    Array.from({ length: 5000 }, (_, i) => sessions.ensure(`agent:main:stored-${i}`, "main")),
  );
  await sessions.ensure("agent:main:long", "main");
  for (let i = 0; i < 20_000; i += 500) {
    await sessions.append(
      "agent:main:long",
      Array.from({ length: 500 }, (_, j) => ({
        id: `e${i + j}`,
        ts: Date.now(),
        role: (i + j) % 2 === 0 ? ("user" as const) : ("assistant" as const),
        content: [
          { type: "text" as const, text: `line ${i + j} ${"some words of a conversation ".repeat(8)}` },
        ],
      })),
    );
  }
  await ledger.close();
  const gateway = spawnGateway(bed);
  try {
    let socket: RpcSocket | null = null;
    for (let tries = 0; tries < 1000 && !socket; tries++) {
      socket = await openSocket(bed.port).catch(() => null);
      if (!socket) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (!socket) throw new Error(`the gateway did not come up; state in ${join(bed.stateDir)}`);
    const time = async (method: string, params: (round: number) => unknown) => {
      const times: number[] = [];
      for (let round = 0; round < (smoke ? 9 : 31); round++) {
        const started = performance.now();
        await socket.call(method, params(round));
        times.push(performance.now() - started);
      }
      return median(times);
    };
    // A different limit every time keeps any cache of whole answers out of the measurement.
    const list = await time("sessions.list", (round) => ({ limit: 50 + round }));
    const history = await time("chat.history", (round) => ({ sessionKey: "long", limit: 200 + round }));
    socket.close();
    return [
      { what: "`sessions.list` first page, 5,000 stored sessions", value: list, unit: "ms", target: 10 },
      { what: "`chat.history` last page, 20,000-line transcript", value: history, unit: "ms", target: 10 },
    ];
  } finally {
    await gateway.stop();
    bed.remove();
  }
}
