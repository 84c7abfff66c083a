import { randomBytes } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { OpenClawError, UserError } from "../../core/errors.ts";
import {
  findBinary,
  runProcess,
  startProcess,
  startPty,
  systemPath,
  type ProcessSpec,
  type RunningProcess,
} from "../../guard/index.ts";
import { containerArgs, labels } from "./container-args.ts";
import type { BoxSpec, SandboxBackend, SandboxCommand } from "./contract.ts";

/** What the client of a container engine needs to find the engine; nothing of it gets inside. */
const clientEnv = [
  "HOME",
  "XDG_RUNTIME_DIR",
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
  "DOCKER_CONFIG",
  "DOCKER_CERT_PATH",
  "DOCKER_TLS_VERIFY",
  "CONTAINER_HOST",
  "CONTAINERS_CONF",
  "CONTAINERS_STORAGE_CONF",
];
const engineTimeoutMs = 60_000;
const lookTimeoutMs = 5_000;

export interface ContainerOptions {
  engine: "docker" | "podman";
  /** Folders the program is looked for in; those of the system unless a test says otherwise. */
  folders?: readonly string[];
  /** Environment of the operator: where the engine is. */
  env: Readonly<Record<string, string | undefined>>;
  stateId: string;
  clock: Clock;
}

/** The client program of a container engine, and one call of it. */
export interface Engine {
  /** @throws UserError SANDBOX_UNAVAILABLE when the program is not installed */
  program(): string;
  env: Record<string, string>;
  /** Runs it to its end. `stdin` is handed to it. */
  call(
    args: readonly string[],
    stdin?: string,
    timeoutMs?: number,
  ): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

export function containerEngine(options: Omit<ContainerOptions, "stateId">): Engine {
  const env: Record<string, string> = { PATH: systemPath.join(":") };
  for (const name of clientEnv) {
    const value = options.env[name];
    if (value !== undefined) env[name] = value;
  }
  const program = () => {
    const found = findBinary(options.engine, options.folders ?? systemPath);
    if (found !== null) return found;
    throw new UserError("SANDBOX_UNAVAILABLE", `${options.engine} is not installed`, {
      hint: "install it, or openclaw config set agents.defaults.sandbox.backend bubblewrap",
    });
  };
  return {
    program,
    env,
    async call(args, stdin, timeoutMs = engineTimeoutMs) {
      const spec = { file: program(), args, cwd: "/", env, ...(stdin === undefined ? {} : { stdin }) };
      const end = await runProcess(spec, { clock: options.clock, timeoutMs });
      return { code: end.exitCode, stdout: end.stdout, stderr: end.stderr };
    },
  };
}

/**
 * Sandboxes as containers of docker or podman, driven by their command line. One container for each sandbox, made on
 * first use in a process's life (what an earlier life left is removed first, with all that runs in it) and again when
 * anything it was made of changed.
 */
export function createContainers(options: ContainerOptions): SandboxBackend {
  const engine = containerEngine(options);
  const { stateId } = options;
  /** Made in this life, by id: what of, and for which folder. */
  const made = new Map<string, Promise<string>>();
  const nameOf = (id: string) => `openclaw-sandbox-${stateId}-${id}`;

  const create = async (box: BoxSpec, args: string[]): Promise<void> => {
    await engine.call(["rm", "-f", nameOf(box.id)]);
    for (const step of [args, ["start", nameOf(box.id)]]) {
      const { code, stderr } = await engine.call(step);
      if (code === 0) continue;
      await engine.call(["rm", "-f", nameOf(box.id)]);
      throw failure(options.engine, box, stderr);
    }
  };

  /** The container as the settings want it now. */
  const ensure = async (box: BoxSpec): Promise<void> => {
    const { args, digest } = containerArgs(box, {
      engine: options.engine,
      name: nameOf(box.id),
      stateId,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
    });
    const before = made.get(box.id);
    if (
      before !== undefined &&
      (await before.catch(() => null)) === digest &&
      (await isRunning(box.id, digest))
    )
      return;
    if (made.get(box.id) !== before) return await ensure(box);
    const making = create(box, args).then(() => digest);
    made.set(box.id, making);
    await making.catch((error: unknown) => {
      made.delete(box.id);
      throw error;
    });
  };

  /** Somebody else may have removed or stopped it meanwhile (`openclaw sandbox recreate`, a restarted engine). */
  const isRunning = async (id: string, digest: string): Promise<boolean> => {
    const format = `{{.State.Running}} {{index .Config.Labels "${labels.spec}"}}`;
    const { code, stdout } = await engine.call(["container", "inspect", "--format", format, nameOf(id)]);
    return code === 0 && stdout.trim() === `true ${digest}`;
  };

  return {
    name: options.engine,
    async start(box, command, limits) {
      await ensure(box);
      const mark = randomBytes(8).toString("hex");
      const spec = execSpec(engine, { name: nameOf(box.id), mark, command });
      const running = command.pty ? await startPty(spec, limits) : await startProcess(spec, limits);
      return endingInside(running, {
        limits,
        end: () =>
          engine.call(["exec", nameOf(box.id), "/bin/sh", "-c", endScript, "sh", mark]).then(() => undefined),
      });
    },
    async remove(id) {
      made.delete(id);
      const { stdout } = await engine.call(["rm", "-f", nameOf(id)]);
      return stdout.trim() !== "";
    },
    async kept() {
      const filter = `label=${labels.state}=${stateId}`;
      const label =
        options.engine === "docker" ? `{{.Label "${labels.id}"}}` : `{{index .Labels "${labels.id}"}}`;
      const format = `${label}\t{{.State}}\t{{.CreatedAt}}`;
      const { code, stdout } = await engine.call(
        ["ps", "-a", "--filter", filter, "--format", format],
        undefined,
        lookTimeoutMs,
      );
      if (code !== 0) return [];
      return stdout
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => {
          const [id = "", state = "", created = ""] = line.split("\t");
          const when = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(created)?.[0];
          const offset = /[+-]\d{4}/.exec(created)?.[0] ?? "+0000";
          return {
            id,
            running: /^(?:running|up)\b/i.test(state),
            createdAt: when === undefined ? 0 : Date.parse(`${when.replace(" ", "T")}${offset}`),
          };
        });
    },
    async stop() {
      const ids = [...made.keys()];
      made.clear();
      if (ids.length > 0) await engine.call(["rm", "-f", ...ids.map(nameOf)]);
    },
  };
}

/** Names the processes of one command: what it starts inherits it, also when it leaves its group. */
const markName = "OPENCLAW_CALL";
const endScript =
  `mine() { for d in /proc/[0-9]*; do grep -qs "${markName}=$1" "$d/environ" && echo "\${d#/proc/}"; done; }; ` +
  'p=$(mine "$1"); [ -z "$p" ] || kill -TERM $p 2>/dev/null; for i in 1 2 3 4 5 6 7 8 9 10; do ' +
  'p=$(mine "$1"); [ -n "$p" ] || exit 0; sleep 0.1; done; ' +
  'for i in 1 2 3 4 5 6 7 8 9 10; do kill -KILL $p 2>/dev/null; p=$(mine "$1"); [ -n "$p" ] || exit 0; done';

function execSpec(engine: Engine, at: { name: string; mark: string; command: SandboxCommand }): ProcessSpec {
  const { command } = at;
  const variables = Object.entries(command.env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  return {
    file: engine.program(),
    args: [
      "exec",
      command.pty ? "-it" : "-i",
      "--workdir",
      command.cwd,
      ...variables,
      "--env",
      `${markName}=${at.mark}`,
      at.name,
      "/bin/sh",
      "-c",
      command.command,
    ],
    cwd: "/",
    env: engine.env,
    ...(command.stdin === undefined ? {} : { stdin: command.stdin }),
    ...(command.keepInputOpen === undefined ? {} : { keepInputOpen: command.keepInputOpen }),
  };
}

/**
 * Ending the client leaves the command running in the container, so whatever ends it from outside (timeout, stop, too
 * much output) ends what runs inside too, before the end is told.
 */
function endingInside(
  running: RunningProcess,
  at: { limits: { timeoutMs?: number }; end: () => Promise<void> },
): RunningProcess {
  let killed: Promise<void> | null = null;
  const end = () => (killed ??= at.end().catch(() => undefined));
  const ended = running.ended.then(async (result) => {
    if (killed !== null || result.timedOut || result.aborted || result.outputLimitHit) await end();
    return result;
  });
  return {
    ...running,
    ended,
    kill() {
      void end();
      running.kill();
    },
  };
}

function failure(engine: string, box: BoxSpec, stderr: string): OpenClawError {
  const said = stderr.trim().split("\n").slice(-2).join(" ").slice(0, 400);
  if (/no such image|image not known|unable to find image|no image found/i.test(said))
    return new UserError(
      "SANDBOX_UNAVAILABLE",
      `${engine} has no image ${JSON.stringify(box.settings.image)}`,
      {
        hint: "openclaw sandbox build",
      },
    );
  if (/cannot connect to|is the docker daemon running|permission denied.*sock|connection refused/i.test(said))
    return new UserError("SANDBOX_UNAVAILABLE", `${engine} cannot be reached: ${said}`, {
      hint: `start it (sudo systemctl start ${engine}) and let this user use it, or choose the backend bubblewrap`,
    });
  return new OpenClawError(
    "SANDBOX_FAILED",
    `${engine} could not make the sandbox: ${said || "it said nothing"}`,
    {
      hint: "openclaw doctor",
    },
  );
}
