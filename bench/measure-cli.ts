import { spawnSync } from "node:child_process";
import { cli, makeBed, median, spawnGateway } from "./gateway.ts";
import type { BenchOptions, Row } from "./row.ts";
import { openSocket } from "./rpc.ts";

/** Wall time of commands as a ratio to a Node that does nothing, interleaved so that both see the same machine. */
export async function measureCli({ smoke }: BenchOptions): Promise<Row[]> {
  const rounds = smoke ? 7 : 21;
  const bed = await makeBed();
  const gateway = spawnGateway(bed);
  const commands: Array<[string, string[], number]> = [
    ["--version", ["--version"], 1.6],
    ["--help", ["--help"], 1.6],
    ["config get gateway.port", ["config", "get", "gateway.port"], 3.5],
    ["status", ["status"], 3.5],
    ["health --json", ["health", "--json"], 3.5],
    ["gateway status --json", ["gateway", "status", "--json"], 3.5],
  ];
  try {
    for (let tries = 0; tries < 100; tries++) {
      const up = await openSocket(bed.port).then(
        (socket) => (socket.close(), true),
        () => false,
      );
      if (up) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const bare: number[] = [];
    const times = new Map<string, number[]>(commands.map(([name]) => [name, []]));
    const run = (args: string[]) => {
      const started = performance.now();
      const result = spawnSync(process.execPath, args, { env: bed.env, stdio: ["ignore", "pipe", "pipe"] });
      if (result.status !== 0)
        throw new Error(
          `${args.slice(1).join(" ")} ended with ${result.status}: ${result.stderr.toString()}`,
        );
      return performance.now() - started;
    };
    for (const [, args] of commands) run([cli, ...args]); // Fills the compile cache as the first use on a machine does.
    for (let round = 0; round < rounds; round++) {
      bare.push(run(["-e", "0"]));
      for (const [name, args] of commands) times.get(name)?.push(run([cli, ...args]));
    }
    const base = median(bare);
    return commands.map(([name, , target]) => {
      const value = median(times.get(name) ?? []);
      return {
        what: `\`openclaw ${name}\``,
        value: value / base,
        unit: "× bare",
        target,
        note: `${value.toFixed(0)} ms, bare ${base.toFixed(0)} ms`,
      };
    });
  } finally {
    await gateway.stop();
    bed.remove();
  }
}
