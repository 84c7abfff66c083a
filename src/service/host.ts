import { existsSync, readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import { systemPath } from "../guard/index.ts";
import type { ServiceHost, ServiceRole, Supervisor, SupervisorKind } from "./contract.ts";
import { launchdSupervisor } from "./launchd.ts";
import { roleWords } from "./names.ts";
import { schtasksSupervisor } from "./schtasks.ts";
import { systemdSupervisor } from "./systemd.ts";

/** This machine. */
export function thisHost(options: {
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  clock: Clock;
}): ServiceHost {
  const { env, home, clock } = options;
  const uid = process.getuid?.() ?? 0;
  return {
    platform: process.platform,
    uid,
    user: userInfo().username,
    home: home || homedir(),
    env,
    clock,
    folders: process.platform === "win32" ? [join(env.SystemRoot ?? "C:\\Windows", "System32")] : systemPath,
    systemdBooted: existsSync("/run/systemd/system"),
    wsl: wslDistribution(env),
    systemUnitDir: "/etc/systemd/system",
    systemSecretsDir: "/etc/openclaw",
    runtimeDir: `/run/user/${uid}`,
  };
}

/** Which service manager a platform has; null where there is none we know. */
export function detectSupervisor(host: Pick<ServiceHost, "platform">, system = false): SupervisorKind | null {
  if (host.platform === "darwin") return "launchd";
  if (host.platform === "win32") return "schtasks";
  return host.platform === "linux" ? (system ? "systemd-system" : "systemd-user") : null;
}

/**
 * The service manager for a profile's gateway (SVC-002).
 * @throws UserError SERVICE_UNAVAILABLE on a platform without one, USAGE-like refusal of `system` outside systemd
 */
export function resolveGatewayService(host: ServiceHost, options: ServiceOptions): Supervisor {
  return resolveService(host, "gateway", options);
}

/** The service manager for a profile's node host (docs/nodes.md). @throws UserError as {@link resolveGatewayService} */
export function resolveNodeService(host: ServiceHost, options: ServiceOptions): Supervisor {
  return resolveService(host, "node", options);
}

interface ServiceOptions {
  profile: string;
  stateDir: string;
  system?: boolean;
  dry?: boolean;
  /** For a dry `uninstall`: units that will be gone by then, so that what only they need is listed as well. */
  going?: readonly string[];
  signal?: AbortSignal;
}

function resolveService(host: ServiceHost, role: ServiceRole, options: ServiceOptions): Supervisor {
  const { system = false, dry = false, ...rest } = options;
  const { install, foreground } = roleWords(role);
  const kind = detectSupervisor(host, system);
  if (kind === null || (system && kind !== "systemd-system")) {
    throw new UserError(
      "SERVICE_UNAVAILABLE",
      kind === null
        ? `there is no service manager that openclaw knows on ${host.platform}`
        : "--system is for Linux with systemd",
      {
        hint: kind === null ? `run it in the foreground: ${foreground}` : install,
      },
    );
  }
  if (kind === "launchd") return launchdSupervisor(host, { ...rest, role, dry });
  if (kind === "schtasks") return schtasksSupervisor(host, { ...rest, role, dry });
  return systemdSupervisor(host, { ...rest, role, system, dry });
}

/** What a person in WSL has to do in Windows so that the gateway runs without an open terminal (SVC-040 to SVC-042). */
export function wslAdvice(host: ServiceHost, unit: string): string | null {
  if (host.wsl === null) return null;
  return [
    "WSL stops when its last terminal closes. To start the gateway with Windows, make a task there:",
    `  schtasks /Create /TN "OpenClaw in WSL" /SC ONLOGON /TR "wsl -d ${host.wsl} -u ${host.user} -- systemctl --user start ${unit}"`,
  ].join("\n");
}

function wslDistribution(env: Readonly<Record<string, string | undefined>>): string | null {
  if (process.platform !== "linux") return null;
  const name = env.WSL_DISTRO_NAME;
  if (name !== undefined && /^[A-Za-z0-9._-]{1,64}$/.test(name)) return name;
  try {
    return /microsoft/i.test(readFileSync("/proc/sys/kernel/osrelease", "utf8")) ? "Ubuntu" : null;
  } catch {
    return null; // Without /proc this is not WSL.
  }
}
