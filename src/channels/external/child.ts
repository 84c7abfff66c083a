import type { Clock } from "../../core/clock.ts";
import { messageOf, OpenClawError } from "../../core/errors.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import type { Logger } from "../../core/logger.ts";
import { buildChildEnv, startProcess, type RunningProcess } from "../../guard/index.ts";
import { adapterContract, type AdapterPackage } from "./manifest.ts";
import { createPeer, type Peer } from "./peer.ts";

const helloMs = 20_000;
const pingEveryMs = 30_000;
const pingMs = 20_000;

/** A running adapter that has said hello. */
export interface AdapterProcess {
  call: Peer["call"];
  /** Settles with the reason once the process is gone, whatever ended it. */
  gone: Promise<string>;
  kill(): Promise<void>;
}

/**
 * Runs the module in a Node of its own, with an empty environment, under Node's permission model: it reads its package
 * and `dir`, writes `dir`, and starts nothing. It is killed when it does not answer, or speaks something else.
 * @throws OpenClawError ADAPTER_START when it cannot be started or does not greet.
 */
export async function startAdapter(options: {
  package: AdapterPackage;
  dir: string;
  clock: Clock;
  logger: Logger;
  handle(method: string, params: JsonObject): Promise<JsonValue>;
}): Promise<AdapterProcess> {
  const { package: pack, dir, clock, logger } = options;
  const state: { process: RunningProcess | null; reason: string; over: boolean } = {
    process: null,
    reason: "",
    over: false,
  };
  const end = (reason: string) => {
    if (state.reason === "") state.reason = reason;
    state.process?.kill();
  };
  const peer = createPeer({
    clock,
    write: (line) => state.process?.write(line) ?? false,
    handle: (method, params) => options.handle(method, params),
    broken: (why) => end(`it does not speak the protocol: ${why}`),
  });
  const reads = [pack.folder, dir].flatMap((folder) => [
    `--allow-fs-read=${folder}`,
    `--allow-fs-read=${folder}/*`,
  ]);
  state.process = await startProcess(
    {
      file: process.execPath,
      args: ["--permission", ...reads, `--allow-fs-write=${dir}/*`, "--max-old-space-size=256", pack.main],
      cwd: pack.folder,
      env: buildChildEnv({ source: {} }),
      keepInputOpen: true,
    },
    {
      clock,
      onOutput(chunk, stream) {
        if (stream === "stdout") peer.feed(chunk);
        else logger.debug("an adapter wrote", { text: chunk.slice(0, 2000) });
      },
    },
  );
  const { process: running } = state;
  const gone = running.ended.then(({ exitCode, signal }) => {
    state.over = true;
    const reason = state.reason || `it ended with ${signal ?? `status ${exitCode}`}`;
    peer.end(reason);
    return reason;
  });

  try {
    const hello = await peer.call(
      "hello",
      { contract: adapterContract, channel: pack.id },
      { timeoutMs: helloMs },
    );
    const version = (hello as JsonObject | null)?.["contract"];
    if (version !== adapterContract)
      throw new OpenClawError(
        "ADAPTER_CONTRACT",
        `it speaks version ${JSON.stringify(version)}, not ${adapterContract}`,
      );
  } catch (error) {
    end("it did not greet");
    await gone;
    throw new OpenClawError(
      "ADAPTER_START",
      `the adapter in ${pack.folder} did not start: ${messageOf(error)}`,
      {
        cause: error,
        retryable: true,
      },
    );
  }
  function ping(): void {
    clock.after(pingEveryMs, () => {
      if (state.over) return;
      peer.call("ping", {}, { timeoutMs: pingMs }).then(ping, () => end("it did not answer"));
    });
  }
  ping();
  return {
    call: (method, params, how) => peer.call(method, params, how),
    gone,
    async kill() {
      end("stopped");
      await gone;
    },
  };
}
