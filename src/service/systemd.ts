import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "../core/errors.ts";
import { readTextIfExists } from "../state/index.ts";
import type {
  ServiceChange,
  ServiceFile,
  ServiceHost,
  ServiceRole,
  ServiceSpec,
  Supervisor,
} from "./contract.ts";
import { factsOfSpec, roleOf } from "./definition.ts";
import { sameFacts } from "./drift.ts";
import { renderEnvFile, secretValues } from "./env-file.ts";
import { checkSpec } from "./grammar.ts";
import { roleWords, serviceNames } from "./names.ts";
import { createRunner, replaceFiles, type ServiceRunner } from "./runner.ts";
import { userBus } from "./systemd-bus.ts";
import { dropEmpty, enabledBy } from "./systemd-folder.ts";
import { enableLinger, endLinger } from "./systemd-linger.ts";
import { scanUnits } from "./systemd-scan.ts";
import { describeState, unitProperties } from "./systemd-state.ts";
import { parseUnit, renderUnit } from "./systemd-unit.ts";

/** systemd as user manager or as system manager. */
export function systemdSupervisor(
  host: ServiceHost,
  options: {
    profile: string;
    role?: ServiceRole;
    stateDir: string;
    system: boolean;
    dry: boolean;
    going?: readonly string[];
    signal?: AbortSignal;
  },
): Supervisor {
  const { system, dry, signal, role = "gateway" } = options;
  const { unit } = serviceNames(options.profile, role);
  const { install, foreground } = roleWords(role);
  const kind = system ? "systemd-system" : "systemd-user";
  const definitionPath = join(system ? host.systemUnitDir : userUnitDir(host), unit);
  const secretsFile = system
    ? join(host.systemSecretsDir, unit.replace(/\.service$/, ".env"))
    : join(options.stateDir, role === "node" ? "node-service.env" : "service.env");
  const ctl = (...words: string[]) => [
    "systemctl",
    ...(system ? [] : ["--user"]),
    "--no-ask-password",
    ...words,
  ];
  const newRunner = () =>
    createRunner(host, {
      dry,
      ...(signal ? { signal } : {}),
      ...(system ? {} : { env: { XDG_RUNTIME_DIR: host.runtimeDir } }),
    });
  const change = (runner: ServiceRunner, notes: string[], started: boolean): ServiceChange => ({
    kind,
    name: unit,
    definitionPath,
    steps: runner.steps,
    notes,
    started,
  });
  const exists = () => readTextIfExists(definitionPath) !== null;

  const needUnit = () => {
    if (exists()) return;
    throw new UserError("SERVICE_NOT_INSTALLED", `Service not installed (${definitionPath})`, {
      hint: `${install}${system ? " --system" : ""}`,
    });
  };
  const needRights = () => {
    if (!system || host.uid === 0 || dry) return;
    throw new UserError("SERVICE_DENIED", `a system service is changed by root, not by ${host.user}`, {
      hint: "run the same command with sudo, or leave out --system for a service of your own",
    });
  };
  /** Refuses with the way out where there is no manager to talk to (HID-029). */
  const needManager = async (runner: ServiceRunner) => {
    needRights();
    if (dry) return;
    const problem = system ? bootProblem(host, foreground) : await userBus(host, runner, role);
    if (problem) throw new UserError("SERVICE_UNAVAILABLE", problem.message, { hint: problem.hint });
  };
  /** `start` and `restart` of a `Type=notify` unit come back when it is ready, or has failed. */
  const bringUp = async (runner: ServiceRunner, verb: "start" | "restart") => {
    const end = await runner.act(ctl(verb, unit), { timeoutMs: 180_000 });
    const state = dry ? null : await unitProperties(runner, ctl, unit);
    const up = state === null || state.ActiveState === "active" || state.ActiveState === "reloading";
    if (end.ok && up) return;
    throw new UserError(
      "SERVICE_START_FAILED",
      `${unit} did not start: ${state ? describeState(state).detail : end.said}`,
      { hint: `${logHint()}   (or in the foreground: ${foreground})` },
    );
  };
  const logHint = () =>
    system
      ? `journalctl -u ${unit} -n 50`
      : host.uid === 0
        ? // journald keeps root's user units in the system journal.
          `journalctl --user-unit ${unit} -n 50`
        : `journalctl --user -u ${unit} -n 50`;

  return {
    kind,
    name: unit,
    definitionPath,
    logHint,
    async install(spec, { start }) {
      const runner = newRunner();
      checkSpec(spec, kind);
      needRights();
      const notes: string[] = [];
      // Lingering first: it starts the user manager where there is no login session yet.
      if (!system) notes.push(...(await enableLinger(host, runner, dirname(definitionPath))));
      await needManager(runner);
      const files = unitFiles(spec, { system, definitionPath, secretsFile });
      if (files.length === 1) runner.remove(secretsFile);
      if (spec.account && !existsSync(spec.stateDir)) {
        const { user, group } = spec.account;
        await runner.must(["install", "-d", "-m", "0700", "-o", user, "-g", group, spec.stateDir]);
      }
      await replaceFiles(
        runner,
        files,
        async () => {
          await runner.must(ctl("daemon-reload"));
          await runner.must(ctl("enable", unit));
        },
        async () => void (await runner.act(ctl("daemon-reload"))),
      );
      if (start) await bringUp(runner, "restart");
      return change(runner, notes, start);
    },
    async uninstall() {
      const runner = newRunner();
      needRights();
      const reachable = system
        ? bootProblem(host, foreground) === null
        : (await userBus(host, runner, role)) === null;
      const folder = dirname(definitionPath);
      const links = enabledBy(folder, unit);
      if (exists() && (reachable || dry)) {
        await runner.act(ctl("disable", "--now", unit), { timeoutMs: 120_000 });
      }
      for (const path of [definitionPath, secretsFile, ...links]) runner.remove(path);
      if (reachable || dry) {
        await runner.act(ctl("daemon-reload"));
        await runner.act(ctl("reset-failed", unit));
      }
      const notes = system
        ? []
        : await endLinger(host, runner, { folder, without: [unit, ...(options.going ?? [])] });
      if (!dry) {
        if (system) dropEmpty(host.systemSecretsDir, dirname(host.systemSecretsDir));
        else dropEmpty(folder, host.home);
      }
      return change(runner, notes, false);
    },
    async start() {
      const runner = newRunner();
      needUnit();
      await needManager(runner);
      await bringUp(runner, "start");
      return change(runner, [], true);
    },
    async stop() {
      const runner = newRunner();
      needUnit();
      await needManager(runner);
      await runner.must(ctl("stop", unit), { timeoutMs: 120_000 });
      return change(runner, [], false);
    },
    async restart() {
      const runner = newRunner();
      needUnit();
      await needManager(runner);
      await bringUp(runner, "restart");
      return change(runner, [], true);
    },
    async inspect() {
      const base = { kind, name: unit, definitionPath } as const;
      const text = readQuietly(definitionPath);
      if (text === null) {
        return {
          ...base,
          installed: false,
          runtime: "stopped",
          pid: null,
          enabled: null,
          detail: "not installed",
          facts: null,
          problem: null,
        };
      }
      const { facts } = parseUnit(text);
      const runner = newRunner();
      const problem = system ? bootProblem(host, foreground) : await userBus(host, runner, role);
      const state = problem ? null : await unitProperties(runner, ctl, unit);
      const seen = state
        ? describeState(state)
        : ({ runtime: "unknown", pid: null, enabled: null, detail: "unknown" } as const);
      return {
        ...base,
        installed: true,
        ...seen,
        facts,
        problem: problem?.message ?? (state ? null : "systemctl does not answer"),
      };
    },
    scan: () => scanUnits(host, { profile: options.profile, role, system }),
    async remove(found) {
      const runner = newRunner();
      const theirs = found.path.startsWith(`${host.systemUnitDir}/`) ? [] : ["--user"];
      if (theirs.length === 0 && host.uid !== 0 && !dry) {
        throw new UserError("SERVICE_DENIED", `${found.name} is a system service; removing it takes root`, {
          hint: found.removal.join(" && "),
        });
      }
      await runner.act(["systemctl", ...theirs, "--no-ask-password", "disable", "--now", found.name]);
      runner.remove(found.path);
      await runner.act(["systemctl", ...theirs, "--no-ask-password", "daemon-reload"]);
      return change(runner, [], false);
    },
  };
}

/** The files of a service, checked by reading them back (threats.md 4.17). */
function unitFiles(
  spec: ServiceSpec,
  where: { system: boolean; definitionPath: string; secretsFile: string },
): ServiceFile[] {
  const secrets = secretValues(spec.secrets);
  const text = renderUnit(spec, {
    system: where.system,
    ...(secrets.length > 0 ? { secretsFile: where.secretsFile } : {}),
  });
  const read = parseUnit(text, { readFiles: false }).facts;
  const wanted = factsOfSpec({ ...spec, secrets: {} });
  if (!sameFacts(read, wanted)) {
    throw new UserError("SERVICE_VALUE_INVALID", "the unit file would not say what it should", {
      hint: "use plain paths without unusual characters for the state directory and the installation",
    });
  }
  return [
    ...(secrets.length > 0
      ? [
          {
            path: where.secretsFile,
            text: renderEnvFile(secrets, roleOf(spec)),
            encoding: "utf8",
            mode: 0o600,
            hide: secrets.map(([, value]) => value),
          } as const,
        ]
      : []),
    // A system unit holds no secret, and `gateway status` of an ordinary user reads it.
    { path: where.definitionPath, text, encoding: "utf8", mode: where.system ? 0o644 : 0o600 },
  ];
}

export function userUnitDir(host: ServiceHost): string {
  return join(host.home, ".config", "systemd", "user");
}

function bootProblem(host: ServiceHost, foreground: string): { message: string; hint: string } | null {
  if (host.systemdBooted) return null;
  return {
    message: "systemd does not run on this machine",
    hint: `run it in the foreground: ${foreground}`,
  };
}

function readQuietly(path: string): string | null {
  try {
    return readTextIfExists(path);
  } catch {
    // Not ours to read: then we know only that it is there, which scan() reports.
    return null;
  }
}
