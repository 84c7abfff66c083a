// What a stranger has: a clone of the committed HEAD, an empty home, npm with a warm cache, and a terminal.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const startMs = 180_000;
const stopMs = 30_000;
/** What scripts/bootstrap.mjs leaves behind when the dependencies are those of the lock file. */
const lockStamp = ".openclaw-lock";

/** `npm start` in a terminal of its own. */
export interface Started {
  /** The address that it printed, to be opened. */
  address: string;
  said(): string;
  /** Ctrl-C: the signal reaches everything that runs in this terminal. */
  ctrlC(): void;
  /** Resolves when it said these words. */
  hears(words: string): Promise<void>;
  /** Resolves when everything of it is gone. */
  ended: Promise<number | null>;
}

export interface Stranger {
  clone: string;
  home: string;
  start(): Promise<Started>;
  /** A start that is expected to end by itself. */
  startAndFail(): Promise<{ status: number | null; said: string }>;
  openclaw(...argv: string[]): string;
  /** Ends what still runs and removes everything. */
  leave(): Promise<void>;
}

/**
 * Clones `root` as it is committed. `linked`: node_modules of `root` are used instead of `npm ci` (for the short run).
 */
export function createStranger(options: { root: string; port: number; linked: boolean }): Stranger {
  const { root, port, linked } = options;
  // Short, because it is in the pictures.
  const home = mkdtempSync(join(tmpdir(), "new-"));
  const clone = join(home, "openclaw");
  execFileSync("git", ["clone", "--quiet", "--depth", "1", `file://${root}`, clone], { stdio: "pipe" });
  if (linked) linkDependencies(root, clone);
  const env = strangersEnvironment(root, home, port);
  const running = new Set<ChildProcess>();

  function run(): { child: ChildProcess; said: () => string; ended: Promise<number | null> } {
    // A process group of its own is what a terminal gives to a command.
    const child = spawn("npm", ["start"], {
      cwd: clone,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    running.add(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (data: Buffer) => {
        said += data.toString("utf8");
        child.emit("said");
      });
    const ended = new Promise<number | null>((resolve) => {
      child.once("close", (status) => {
        running.delete(child);
        resolve(status);
      });
    });
    return { child, said: () => said, ended };
  }

  return {
    clone,
    home,
    async start() {
      const { child, said, ended } = run();
      const address = await new Promise<string>((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`no address within ${startMs} ms:\n${said()}`)),
          startMs,
        );
        child.on("said", () => {
          const found = /Dashboard: (\S+)/.exec(said())?.[1];
          if (found === undefined) return;
          clearTimeout(late);
          resolve(found);
        });
        void ended.then((status) => {
          clearTimeout(late);
          reject(new Error(`npm start ended with ${status}:\n${said()}`));
        });
      });
      return {
        address,
        said,
        ctrlC: () => signalGroup(child, "SIGINT"),
        hears: (words) =>
          new Promise((resolve, reject) => {
            const look = () => {
              if (said().includes(words)) resolve();
            };
            child.on("said", look);
            look();
            void ended.then(() => reject(new Error(`it never said “${words}”:\n${said()}`)));
          }),
        ended,
      };
    },
    async startAndFail() {
      const { child, said, ended } = run();
      const late = setTimeout(() => signalGroup(child, "SIGKILL"), stopMs);
      const status = await ended;
      clearTimeout(late);
      return { status, said: said() };
    },
    openclaw: (...argv) =>
      execFileSync("node", [join(clone, "bin", "openclaw.js"), ...argv], {
        cwd: home,
        env: {
          ...env,
          PATH: `${join(clone, ".runtime", "node_modules", nodePackage(), "bin")}${delimiter}${env["PATH"]}`,
        },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
    async leave() {
      await Promise.all(
        [...running].map(
          (child) =>
            new Promise<void>((resolve) => {
              child.once("close", () => resolve());
              signalGroup(child, "SIGKILL");
            }),
        ),
      );
      rmSync(home, { recursive: true, force: true });
    },
  };
}

const nodePackage = () => `node-${process.platform}-${process.arch}`;

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The machine's own commands and npm's own settings; nothing of the project that runs this. */
function strangersEnvironment(root: string, home: string, port: number): Record<string, string> {
  const settings = (key: string) =>
    execFileSync("npm", ["config", "get", key], {
      cwd: "/",
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  return {
    PATH: (process.env["PATH"] ?? "")
      .split(delimiter)
      .filter((part) => !part.startsWith(root) && !part.includes("node_modules"))
      .join(delimiter),
    HOME: home,
    LANG: "C.UTF-8",
    npm_config_cache: settings("cache"),
    npm_config_registry: settings("registry"),
    npm_config_update_notifier: "false",
    OPENCLAW_GATEWAY_PORT: String(port),
  };
}

/** Entry by entry, so that whatever an installer does in the clone leaves the linked packages alone. */
function linkDependencies(root: string, clone: string): void {
  for (const folder of ["node_modules", ".runtime"]) {
    if (!existsSync(join(root, folder))) continue;
    mkdirSync(join(clone, folder));
    for (const entry of readdirSync(join(root, folder)))
      if (entry !== lockStamp) symlinkSync(join(root, folder, entry), join(clone, folder, entry));
  }
  const lock = readFileSync(join(clone, "package-lock.json"));
  writeFileSync(join(clone, "node_modules", lockStamp), createHash("sha256").update(lock).digest("hex"));
}
