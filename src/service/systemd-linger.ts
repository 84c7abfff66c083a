import { existsSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "../core/clock.ts";
import type { ServiceHost } from "./contract.ts";
import type { ServiceRunner } from "./runner.ts";
import { namesIn } from "./systemd-folder.ts";

/** Stands beside the units while lingering is on because of us. */
const marker = ".openclaw-linger";

/**
 * Lets the user's services outlive the login session, without ever asking for a password (SVC-030, CONF-90, HID-028).
 * Returns what to tell when that is not possible.
 */
export async function enableLinger(
  host: ServiceHost,
  runner: ServiceRunner,
  folder: string,
): Promise<string[]> {
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
  runner.write({
    path: join(folder, marker),
    encoding: "utf8",
    mode: 0o600,
    text: "Lingering was switched on for OpenClaw's services; the last one that goes switches it off.\n",
  });
  // The user manager comes up in the background when nobody was logged in.
  for (let i = 0; !runner.dry && i < 50 && !existsSync(join(host.runtimeDir, "systemd", "private")); i++)
    await sleep(host.clock, 100);
  return [];
}

/**
 * Switches lingering off again when we switched it on, and the service that goes was the last that needs it.
 * Returns what to tell when it stays on.
 */
export async function endLinger(
  host: ServiceHost,
  runner: ServiceRunner,
  units: { folder: string; without: readonly string[] },
): Promise<string[]> {
  const { folder, without } = units;
  const names = namesIn(folder);
  if (!names.includes(marker)) return [];
  const ours = (name: string) => name.startsWith("openclaw-");
  if (names.some((name) => ours(name) && /\.(?:service|timer)$/.test(name) && !without.includes(name)))
    return [];
  runner.remove(join(folder, marker));
  const others = names
    .filter((name) => name.endsWith(".wants"))
    .flatMap((name) => namesIn(join(folder, name)))
    .filter((name) => !ours(name));
  const off = `loginctl disable-linger ${host.user}`;
  if (others.length > 0)
    return [`Lingering stays on: ${others.join(", ")} may need it. To switch it off: ${off}`];
  const end = await runner.act(["loginctl", "--no-ask-password", "disable-linger", host.user], {
    timeoutMs: 20_000,
  });
  return end.ok ? [] : [`Lingering stays on (${end.said}). To switch it off: sudo ${off}`];
}
