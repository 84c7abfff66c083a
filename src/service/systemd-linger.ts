import { existsSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "../core/clock.ts";
import type { ServiceHost } from "./contract.ts";
import type { ServiceRunner } from "./runner.ts";

/**
 * Lets the user's services outlive the login session, without ever asking for a password (SVC-030, CONF-90, HID-028).
 * Returns what to tell when that is not possible.
 */
export async function enableLinger(host: ServiceHost, runner: ServiceRunner): Promise<string[]> {
  if (!host.systemdBooted) return [];
  const now = await runner.ask(["loginctl", "show-user", host.user, "--property=Linger", "--value"]);
  if (now?.ok && now.stdout.trim() === "yes") return [];
  const end = await runner.act(["loginctl", "--no-ask-password", "enable-linger", host.user], {
    timeoutMs: 20_000,
  });
  if (!end.ok) {
    return [
      `The service ends when ${host.user} logs out, because lingering could not be switched on (${end.said}). Run: sudo loginctl enable-linger ${host.user}`,
    ];
  }
  // The user manager comes up in the background when nobody was logged in.
  for (let i = 0; !runner.dry && i < 50 && !existsSync(join(host.runtimeDir, "systemd", "private")); i++)
    await sleep(host.clock, 100);
  return [];
}
