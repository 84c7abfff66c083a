import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ServiceHost, ServiceRole } from "./contract.ts";
import { roleWords } from "./names.ts";
import type { ServiceRunner } from "./runner.ts";

/**
 * Whether this user's systemd can be asked; null when it can, else why not and what to do (HID-029). The environment's
 * XDG_RUNTIME_DIR does not count: after `su` it is somebody else's.
 */
export async function userBus(
  host: ServiceHost,
  runner: ServiceRunner,
  role: ServiceRole = "gateway",
): Promise<{ message: string; hint: string } | null> {
  const words = roleWords(role);
  if (!host.systemdBooted) {
    if (host.wsl !== null) {
      return {
        message: `systemd does not run in this WSL distribution (${host.wsl})`,
        hint: 'put "[boot]" and "systemd=true" into /etc/wsl.conf, run `wsl --shutdown` in Windows, and try again',
      };
    }
    return {
      message: "systemd does not run on this machine (a container?)",
      hint: `let what runs the machine keep \`${words.foreground}\` alive in the foreground, e.g. the container's restart policy`,
    };
  }
  if (!existsSync(join(host.runtimeDir, "systemd", "private")) && !existsSync(join(host.runtimeDir, "bus"))) {
    return {
      message: `there is no user systemd for ${host.user}: no login session, and lingering is off`,
      hint: `sudo loginctl enable-linger ${host.user}   (then the same command again; or: sudo ${words.install} --system --user ${host.user})`,
    };
  }
  const answer = await runner.ask(["systemctl", "--user", "show", "--property=Version"]);
  if (answer?.ok) return null;
  return {
    message:
      answer === null ? "systemctl is not installed" : `the user systemd does not answer: ${answer.said}`,
    hint: `check \`systemctl --user status\`; without a login session: sudo loginctl enable-linger ${host.user}`,
  };
}
