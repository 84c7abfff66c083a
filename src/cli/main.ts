// Entry of the `openclaw` command (bundled to dist/cli.js). Kept to what every invocation needs.
import { runCli } from "./run.ts";
import { nodePlatform } from "./platform-node.ts";

const readerGone = new Set([
  "EIO",
  "EPIPE",
  "ECONNRESET",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END",
]);

installUnhandledRejectionHandler();
void main();

async function main(): Promise<void> {
  let worksUnseen = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (!readerGone.has(error.code ?? "")) throw error;
      // The reader went away (`openclaw logs | head -1`): nobody is left to tell. The gateway works on; it has its log.
      if (!worksUnseen) process.exit(0);
    });
  }
  // Timers of the clock keep no process alive: a command that only waits for one would end in silence with status 0.
  setInterval(() => undefined, 2 ** 30);
  const status = await runCli({
    argv: process.argv.slice(2),
    env: { ...process.env },
    // Opening standard input costs time and most commands never read it.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    platform: nodePlatform(),
    interruptible,
    standAlone: () => (worksUnseen = true),
  });
  await drained(process.stdout);
  await drained(process.stderr);
  process.exit(status);
}

/** The first Ctrl-C (or SIGTERM) aborts what runs so that it can say so; the second ends the process at once. */
function interruptible(): AbortSignal {
  const controller = new AbortController();
  let again = false;
  const onSignal = () => {
    if (again) process.exit(130);
    again = true;
    controller.abort(new Error("interrupted"));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
}

/** A promise nobody handled is a bug of ours: say so with its stack instead of dying with Node's own text (CLI-001). */
function installUnhandledRejectionHandler(): void {
  const fail = (reason: unknown) => {
    const stack = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    process.stderr.write(
      `error: unexpected failure\n${stack}\nThis is a bug in openclaw. Please report it.\n`,
    );
    process.exit(1);
  };
  process.on("unhandledRejection", fail);
  process.on("uncaughtException", fail);
}

/** Resolves when everything written so far has left the process: `process.exit` would cut a pipe short. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0) resolve();
    else stream.write("", () => resolve());
  });
}
