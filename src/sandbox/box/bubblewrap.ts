import { existsSync, lstatSync, mkdirSync, readlinkSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { UserError } from "../../core/errors.ts";
import {
  findBinary,
  runProcess,
  startProcess,
  startPty,
  systemPath,
  type ProcessSpec,
} from "../../guard/index.ts";
import type { Clock } from "../../core/clock.ts";
import { makeGroup, type LimitGroup } from "./cgroup.ts";
import {
  insideHome,
  insideWorkspace,
  type BoxSpec,
  type SandboxBackend,
  type SandboxCommand,
} from "./contract.ts";
import { endMarked, markName } from "./marked.ts";
import { installBubblewrap } from "./remedy.ts";
import { seccompFilter } from "./seccomp.ts";

/** Read-only parts of /etc that programs need and that say nothing about the operator. */
const etc = [
  "/etc/alternatives",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/localtime",
  "/etc/ssl/certs",
  "/etc/ca-certificates",
  "/etc/mime.types",
  "/etc/magic",
];
/** What of /proc speaks about the whole machine. A gateway that runs as root could else change it from inside. */
const procFolders = [
  "/proc/sys",
  "/proc/fs",
  "/proc/irq",
  "/proc/bus",
  "/proc/acpi",
  "/proc/scsi",
  "/proc/asound",
  "/proc/pressure",
];
const procFiles = [
  "/proc/sysrq-trigger",
  "/proc/kcore",
  "/proc/kmsg",
  "/proc/keys",
  "/proc/key-users",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/mtrr",
];
const tmpBytes = 256 * 1024 ** 2;
const shmBytes = 64 * 1024 ** 2;

/**
 * Before bubblewrap: joins the groups, opens the filter as descriptor 9. The words of `$@` follow as they are.
 * Failing to be bounded is failing to start.
 */
const outerScript =
  'while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; filter=$1; shift; ' +
  'if [ -n "$filter" ]; then exec "$@" 9<"$filter"; fi; exec "$@"';
/** Inside, before the command: what a process can be told of itself. Numbers: kilobytes of data, processes (0: no limit). */
const innerScript =
  'ulimit -c 0; ulimit -d "$1"; if [ "$2" != 0 ]; then { ulimit -u "$2" || ulimit -p "$2"; } 2>/dev/null; fi; ' +
  'shift 2; exec "$@"';

export interface BubblewrapOptions {
  /** Folders the program is looked for in; those of the system unless a test says otherwise. */
  folders?: readonly string[];
  /** Folder for the few files it is given: names of users, the filter. */
  folder: string;
  /** Told apart from other gateways of the machine. */
  stateId: string;
  clock: Clock;
}

/**
 * Sandboxes of namespaces, made anew for every command and gone with it: they end when the gateway does, also by a
 * crash. Everything but /usr, a few files of /etc, the workspace and a home of its own is absent.
 */
export function createBubblewrap(options: BubblewrapOptions): SandboxBackend {
  const groups = new Map<string, LimitGroup | null>();
  let features: Promise<{ program: string; noNesting: boolean }> | null = null;
  let filter: string | null = null;

  /** @throws UserError SANDBOX_UNAVAILABLE */
  const look = async () => {
    const program = findBinary("bwrap", options.folders ?? systemPath);
    if (program === null)
      throw new UserError("SANDBOX_UNAVAILABLE", "bubblewrap (bwrap) is not installed", {
        hint: installBubblewrap(),
      });
    const { output } = await runProcess(
      { file: program, args: ["--help"], cwd: "/", env: {} },
      { clock: options.clock, timeoutMs: 10_000 },
    );
    return { program, noNesting: output.includes("--disable-userns") };
  };
  const found = () =>
    (features ??= look().catch((error: unknown) => {
      features = null;
      throw error;
    }));

  const markOf = (id: string) => `${options.stateId}/${id}`;
  const groupOf = (box: BoxSpec): LimitGroup | null => {
    const known = groups.get(box.id);
    if (known !== undefined) return known;
    const { memoryBytes, pidsLimit, cpus } = box.settings;
    const group = makeGroup(`openclaw-${options.stateId}-${box.id}`, { memoryBytes, pids: pidsLimit, cpus });
    groups.set(box.id, group);
    return group;
  };

  const filterPath = (): string => {
    if (filter !== null) return filter;
    const bytes = process.platform === "linux" ? seccompFilter(process.arch) : null;
    if (bytes === null) return (filter = "");
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    const path = join(options.folder, "seccomp.bpf");
    writeFileSync(path, bytes, { mode: 0o600 });
    return (filter = path);
  };

  return {
    name: "bubblewrap",
    async start(box, command, limits) {
      const { settings } = box;
      if (settings.network !== "none")
        throw new UserError(
          "SANDBOX_NETWORK_REFUSED",
          `bubblewrap can only give a sandbox no network; agents.defaults.sandbox.docker.network is ${JSON.stringify(settings.network)}`,
          {
            hint: "openclaw config set agents.defaults.sandbox.docker.network none, or choose the backend docker",
          },
        );
      const { program, noNesting } = await found();
      const group = groupOf(box);
      const filter = filterPath();
      const bwrap = [
        program,
        ...(noNesting ? ["--disable-userns"] : []),
        ...(filter === "" ? [] : ["--seccomp", "9"]),
        "--setenv",
        markName,
        markOf(box.id),
        ...isolation(box, command, namesIn(options.folder)),
        "/bin/sh",
        "-c",
        innerScript,
        "sh",
        String(Math.floor(settings.memoryBytes / 1024)),
        String(group === null && countsPerSandbox() ? settings.pidsLimit : 0),
        "/bin/sh",
        "-c",
        command.command,
      ];
      const spec: ProcessSpec = {
        file: "/bin/sh",
        args: ["-c", outerScript, "sh", ...(group?.joins ?? []), "--", filter, ...bwrap],
        cwd: "/",
        env: command.env,
        ...(command.stdin === undefined ? {} : { stdin: command.stdin }),
        ...(command.keepInputOpen === undefined ? {} : { keepInputOpen: command.keepInputOpen }),
      };
      return command.pty ? await startPty(spec, limits) : await startProcess(spec, limits);
    },
    async remove(id) {
      // Also what another process of this state directory started: the gateway's, when the command line removes it.
      const ended = await endMarked(markOf(id));
      await groups.get(id)?.remove();
      return groups.delete(id) || ended;
    },
    kept: () => Promise.resolve([]),
    async stop() {
      for (const group of groups.values()) await group?.remove();
      groups.clear();
    },
  };
}

/**
 * Options of bubblewrap, in order: what stands later lies on top. No session of its own (`--new-session`): the process
 * has one already, and what is ended in the moment it is being built must still be of the group that is ended.
 */
function isolation(box: BoxSpec, command: SandboxCommand, names: string): string[] {
  const { workspace, home, binds } = box;
  return [
    "--unshare-user",
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--die-with-parent",
    "--cap-drop",
    "ALL",
    "--hostname",
    "sandbox",
    "--ro-bind",
    "/usr",
    "/usr",
    ...["/bin", "/sbin", "/lib", "/lib32", "/lib64"].flatMap(systemFolder),
    ...(existsSync("/usr/local/etc") ? ["--tmpfs", "/usr/local/etc"] : []),
    ...etc.flatMap((path) => ["--ro-bind-try", path, path]),
    "--ro-bind",
    join(names, "passwd"),
    "/etc/passwd",
    "--ro-bind",
    join(names, "group"),
    "/etc/group",
    "--proc",
    "/proc",
    ...procFolders.flatMap((path) => (existsSync(path) ? ["--ro-bind", path, path] : [])),
    ...procFiles.flatMap((path) => (existsSync(path) ? ["--ro-bind", "/dev/null", path] : [])),
    "--dev",
    "/dev",
    "--size",
    String(shmBytes),
    "--tmpfs",
    "/dev/shm",
    "--remount-ro",
    "/dev",
    "--size",
    String(Math.min(tmpBytes, Math.floor(box.settings.memoryBytes / 2))),
    "--tmpfs",
    "/tmp",
    "--bind",
    home,
    insideHome,
    workspace.writable ? "--bind" : "--ro-bind",
    workspace.path,
    insideWorkspace,
    ...binds.flatMap(({ from, to, writable }) => [writable ? "--bind" : "--ro-bind", from, to]),
    "--remount-ro",
    "/",
    "--chdir",
    command.cwd,
    "--",
  ];
}

function systemFolder(path: string): string[] {
  const info = lstatSync(path, { throwIfNoEntry: false });
  if (!info) return [];
  return info.isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path];
}

/** Names for the only user inside. */
function namesIn(folder: string): string {
  const names = join(folder, "names");
  if (existsSync(join(names, "group"))) return names;
  mkdirSync(names, { recursive: true, mode: 0o700 });
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  writeFileSync(join(names, "passwd"), `sandbox:x:${uid}:${gid}:sandbox:${insideHome}:/bin/sh\n`);
  writeFileSync(join(names, "group"), `sandbox:x:${gid}:\n`);
  return names;
}

/** Since Linux 5.14 the limit on processes counts those of one user namespace, not all of the user. */
function countsPerSandbox(): boolean {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  return major > 5 || (major === 5 && minor >= 14);
}
