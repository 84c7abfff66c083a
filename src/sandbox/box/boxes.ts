import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { messageOf, OpenClawError, UserError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { findBinary, isInside, openRootFs, searchPath, systemPath, type RootFs } from "../../guard/index.ts";
import { bindSource, parseBinds, type Forbidden } from "./binds.ts";
import { createBubblewrap } from "./bubblewrap.ts";
import { createContainers } from "./container.ts";
import {
  insideHome,
  insideWorkspace,
  type BoxSpec,
  type SandboxBackend,
  type SandboxBackendName,
  type SandboxSettings,
  type SandboxSubject,
  type ToolSandbox,
} from "./contract.ts";
import { installBubblewrap, mendBubblewrap } from "./remedy.ts";
import { boxId, ensureBox, listBoxes, removeBox, type BoxFolder } from "./folders.ts";

export interface SandboxesOptions {
  /** Settings of an agent, read afresh for every use. */
  settings: (agentId: string) => SandboxSettings;
  /** Folders that settings may name now; where sandboxes are looked for. */
  folders: () => readonly string[];
  stateDir: string;
  /** Folders below the state directory that are meant for agents: their workspaces. */
  workspaces: () => readonly string[];
  forbidden: Forbidden;
  /** Environment of the operator: time zone and language, and where a container engine is. */
  env: Readonly<Record<string, string | undefined>>;
  /** Folders programs are looked for in; those of the system unless a test says otherwise. */
  programs?: readonly string[];
  clock: Clock;
  logger: Logger;
}

/** Every sandbox of one state directory. */
export interface Sandboxes {
  /** The sandbox a session uses by the settings as they are at each use. Nothing is made before it is used. */
  of(subject: SandboxSubject): ToolSandbox;
  /**
   * Builds a sandbox and starts `true` in it; the backend that did.
   * @throws what {@link ToolSandbox.start} does; OpenClawError SANDBOX_FAILED
   */
  probe(settings: SandboxSettings): Promise<SandboxBackendName>;
  /** Which backend would build it. @throws UserError SANDBOX_UNAVAILABLE */
  backendOf(settings: SandboxSettings): SandboxBackendName;
  /** Containers there are, with the ids of their sandboxes. Empty where no engine answers. */
  containers(): Promise<
    Array<{ id: string; backend: SandboxBackendName; createdAt: number; running: boolean }>
  >;
  /** Removes a sandbox: what runs in it ends, its container and its private folder are gone. */
  remove(id: string): Promise<void>;
  /** Removes containers that an earlier life of this gateway left, with what runs in them. */
  sweep(): Promise<void>;
  /** Removes what was not used for as long as the settings say. Returns the ids of removed folders. */
  prune(settings: Pick<SandboxSettings, "prune">): Promise<string[]>;
  /** Ends what runs and removes containers; private folders stay. */
  stop(): Promise<void>;
}

const programOf: Readonly<Record<SandboxBackendName, string>> = {
  bubblewrap: "bwrap",
  docker: "docker",
  podman: "podman",
};
const hourMs = 3_600_000;

/** A name for a state directory that says nothing about it; two gateways of a machine never touch each other's. */
export function stateIdOf(stateDir: string): string {
  return createHash("sha256").update(stateDir).digest("hex").slice(0, 12);
}

/** Makes the desk. Nothing is read or started before the first use. */
export function createSandboxes(options: SandboxesOptions): Sandboxes {
  const { clock, logger, env } = options;
  const programs = options.programs ?? systemPath;
  const stateId = stateIdOf(options.stateDir);
  const backends = new Map<SandboxBackendName, SandboxBackend>();

  const backend = (name: SandboxBackendName): SandboxBackend => {
    const known = backends.get(name);
    if (known) return known;
    const common = { folders: programs, stateId, clock };
    const made =
      name === "bubblewrap"
        ? createBubblewrap({ ...common, folder: join(options.stateDir, "sandboxes", ".bubblewrap") })
        : createContainers({ ...common, engine: name, env });
    backends.set(name, made);
    return made;
  };
  const backendOf = (settings: SandboxSettings): SandboxBackendName => {
    if (settings.backend !== "auto") return settings.backend;
    const names = Object.keys(programOf) as SandboxBackendName[];
    const found = names.find((name) => findBinary(programOf[name], programs) !== null);
    if (found !== undefined) return found;
    throw new UserError(
      "SANDBOX_UNAVAILABLE",
      "there is neither bubblewrap nor docker nor podman to build a sandbox with",
      {
        hint: installBubblewrap(),
      },
    );
  };

  const place = (settings: SandboxSettings, subject: SandboxSubject): BoxFolder & { id: string } => {
    const id = boxId(settings, subject);
    const made = ensureBox(settings.folder, { id, scope: settings.scope, subject, now: clock.now() });
    return { id, ...made };
  };
  /** The folder outside that stands for the workspace, checked. */
  const outside = (settings: SandboxSettings, subject: SandboxSubject, folder: BoxFolder): string =>
    settings.access === "none"
      ? realpathSync(folder.workspace)
      : bindSource(subject.workspaceDir, options.forbidden, options.workspaces());

  const specOf = (settings: SandboxSettings, subject: SandboxSubject): BoxSpec => {
    const folder = place(settings, subject);
    return {
      id: folder.id,
      settings,
      workspace: { path: outside(settings, subject, folder), writable: settings.access !== "ro" },
      home: realpathSync(folder.home),
      binds: parseBinds(settings.binds, options.forbidden),
    };
  };

  async function containers() {
    const found: Array<{ id: string; backend: SandboxBackendName; createdAt: number; running: boolean }> = [];
    for (const name of ["docker", "podman"] as const) {
      if (findBinary(programOf[name], programs) === null) continue;
      for (const each of await backend(name).kept()) found.push({ ...each, backend: name });
    }
    return found;
  }

  return {
    of(subject) {
      const settings = () => options.settings(subject.agentId);
      return {
        get access() {
          return settings().access;
        },
        get sealed() {
          const { access, network, binds } = settings();
          return access !== "rw" && network === "none" && !binds.some((bind) => bind.endsWith(":rw"));
        },
        get summary() {
          return summaryOf(settings());
        },
        workspaceDir: () => {
          const now = settings();
          return Promise.resolve(outside(now, subject, place(now, subject)));
        },
        async root() {
          const now = settings();
          const path = outside(now, subject, place(now, subject));
          const secret = options.forbidden.secret.filter((each) => !isInside(each, path));
          const root = await openRootFs(path, { denied: secret, alias: insideWorkspace });
          return now.access === "ro" ? readOnly(root) : root;
        },
        env: () => environment(env, settings()),
        async start(command, limits) {
          const now = settings();
          return await backend(backendOf(now)).start(specOf(now, subject), command, limits);
        },
      };
    },

    async probe(settings) {
      const name = backendOf(settings);
      const subject = { agentId: "probe", sessionKey: "probe", workspaceDir: "/" };
      const own: SandboxSettings = { ...settings, scope: "session", access: "none" };
      const spec = specOf(own, subject);
      let said = "";
      try {
        const running = await backend(name).start(
          spec,
          { command: "true", cwd: insideWorkspace, env: environment(env, own), pty: false },
          { clock, timeoutMs: 20_000, onOutput: (chunk) => void (said += chunk) },
        );
        const end = await running.ended;
        if (end.exitCode !== 0) {
          const why = said.trim().slice(0, 300) || `it ended with ${end.exitCode ?? end.signal ?? "nothing"}`;
          throw new OpenClawError("SANDBOX_FAILED", `${name} could not build a sandbox: ${why}`, {
            hint: name === "bubblewrap" ? mendBubblewrap(why) : `${name} info`,
          });
        }
        return name;
      } finally {
        await backend(name).remove(spec.id);
        removeBox(own.folder, spec.id);
      }
    },

    backendOf,

    async remove(id) {
      for (const each of Object.keys(programOf) as SandboxBackendName[]) {
        if (findBinary(programOf[each], programs) !== null) await backend(each).remove(id);
      }
      for (const folder of options.folders()) removeBox(folder, id);
    },

    containers: () => containers(),

    async sweep() {
      for (const each of await containers()) await backend(each.backend).remove(each.id);
    },

    async prune({ prune }) {
      const removed: string[] = [];
      const rows = options
        .folders()
        .flatMap((folder) => listBoxes(folder).map((row) => ({ ...row, base: folder })));
      for (const row of rows) {
        const idleMs = clock.now() - row.lastUsedAt;
        const isOld = prune.maxAgeDays > 0 && idleMs > prune.maxAgeDays * 24 * hourMs;
        const isIdle = prune.idleHours > 0 && idleMs > prune.idleHours * hourMs;
        if (!isOld && !isIdle) continue;
        for (const each of backends.values()) await each.remove(row.id);
        if (!isOld) continue;
        removeBox(row.base, row.id);
        removed.push(row.id);
        logger.info("a sandbox that was not used was removed", { sandbox: row.id, files: row.files });
      }
      return removed;
    },

    async stop() {
      for (const each of backends.values()) {
        await each
          .stop()
          .catch((error: unknown) =>
            logger.warn("sandboxes could not be ended", { backend: each.name, error: messageOf(error) }),
          );
      }
    },
  };
}

/** `bubblewrap`, the workspace and the network in a few words. */
export function summaryOf(settings: SandboxSettings): string {
  const files = {
    none: "a private folder, not the agent's workspace",
    ro: "the agent's workspace, read-only",
    rw: "the agent's workspace, writable",
  }[settings.access];
  const network = settings.network === "none" ? "no network" : `network ${settings.network}`;
  return `${files}; ${network}`;
}

/** What commands inside get: the fixed PATH, time zone and language, and what the configuration names. */
function environment(source: SandboxesOptions["env"], settings: SandboxSettings): Record<string, string> {
  const env: Record<string, string> = {
    HOME: insideHome,
    USER: "sandbox",
    LOGNAME: "sandbox",
    TMPDIR: "/tmp",
    TERM: "dumb",
    PATH: searchPath().join(":"),
  };
  for (const name of ["LANG", "TZ"]) {
    const value = source[name];
    if (value !== undefined && !value.includes("/")) env[name] = value;
  }
  for (const [name, value] of Object.entries(settings.env)) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !value.includes("\0")) env[name] = value;
    else
      throw new UserError(
        "SANDBOX_ENV_INVALID",
        `agents.defaults.sandbox.docker.env has ${JSON.stringify(name)}, which is no name of a variable`,
        { hint: "openclaw config get agents.defaults.sandbox.docker.env" },
      );
  }
  return env;
}

function readOnly(root: RootFs): RootFs {
  const refuse = (name: string) =>
    Promise.reject(
      new UserError(
        "PATH_READ_ONLY",
        `${JSON.stringify(name.slice(0, 200))} cannot be changed: the workspace is read-only in this sandbox`,
        {
          hint: "work in /tmp with exec, or ask the operator for sandbox.workspaceAccess rw",
        },
      ),
    );
  return { ...root, write: refuse, mkdir: refuse, remove: refuse };
}
