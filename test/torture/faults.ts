import { spawn, spawnSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GatewayProcess } from "./gateway-process.ts";
import type { Random } from "./random.ts";

export type FaultName = "kill" | "pause" | "full-disk" | "io-error";

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Which faults this machine can make; each that it cannot comes with the reason. */
export function availableFaults(stateIsTmpfs: boolean): {
  can: FaultName[];
  cannot: Array<{ fault: FaultName; reason: string }>;
} {
  const can: FaultName[] = ["kill", "pause"];
  const cannot: Array<{ fault: FaultName; reason: string }> = [];
  if (stateIsTmpfs) can.push("full-disk");
  else
    cannot.push({
      fault: "full-disk",
      reason: "needs root and unshare to give the state directory a small disk of its own",
    });
  const strace = spawnSync("strace", ["-V"], { stdio: "ignore" });
  if (strace.status === 0 && process.getuid?.() === 0) can.push("io-error");
  else cannot.push({ fault: "io-error", reason: "needs root and strace (apt-get install strace)" });
  return { can, cannot };
}

/** Does one fault to the running gateway. `kill` ends it; the others leave it running. */
export async function inject(
  fault: FaultName,
  gateway: GatewayProcess,
  stateDir: string,
  random: Random,
): Promise<void> {
  switch (fault) {
    case "kill":
      gateway.kill("SIGKILL");
      await gateway.ended();
      return;
    case "pause":
      gateway.kill("SIGSTOP");
      await wait(random.int(200, 1500));
      gateway.kill("SIGCONT");
      return;
    case "full-disk": {
      const filler = join(stateDir, "filler");
      const space = statfsSync(stateDir);
      try {
        writeFileSync(filler, Buffer.alloc(space.bavail * space.bsize));
      } catch {
        // ENOSPC is the aim: whatever fitted is the filler.
      }
      await wait(random.int(200, 1000));
      rmSync(filler, { force: true });
      return;
    }
    case "io-error": {
      const call = random.pick(["fsync,fdatasync", "pwrite64"]);
      const strace = spawn(
        "strace",
        [
          "-f",
          "-qq",
          "-p",
          String(gateway.pid()),
          "-e",
          `trace=${call}`,
          "-e",
          `inject=${call}:error=EIO`,
          "-o",
          "/dev/null",
        ],
        {
          stdio: "ignore",
        },
      );
      // Watched from the start: it ends by itself when the gateway does.
      const detached = new Promise((resolve) => strace.once("exit", resolve));
      await wait(random.int(200, 800));
      strace.kill("SIGTERM");
      await detached;
    }
  }
}
