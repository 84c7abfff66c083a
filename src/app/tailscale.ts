import type { Clock } from "../core/clock.ts";
import { isObject } from "../core/json.ts";
import { buildChildEnv, findBinary, runProcess, systemPath } from "../guard/index.ts";

const timeoutMs = 5000;

/**
 * The IPv4 address of this machine in its tailnet, from `tailscale status --json` (NET-003); undefined when Tailscale is
 * not installed, not running or not signed in. Before login every list of its answer is null.
 */
export async function tailscaleIp(options: {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
}): Promise<string | undefined> {
  const file = findBinary("tailscale", [...systemPath, "/Applications/Tailscale.app/Contents/MacOS"]);
  if (file === null) return undefined;
  const end = await runProcess(
    { file, args: ["status", "--json"], cwd: "/", env: buildChildEnv({ source: options.env }) },
    { clock: options.clock, timeoutMs },
  );
  if (end.exitCode !== 0) return undefined;
  let status: unknown;
  try {
    status = JSON.parse(end.stdout);
  } catch {
    return undefined; // Not the tailscale we know.
  }
  if (!isObject(status) || status["BackendState"] !== "Running" || !Array.isArray(status["TailscaleIPs"]))
    return undefined;
  return status["TailscaleIPs"].find(
    (ip): ip is string => typeof ip === "string" && /^\d+\.\d+\.\d+\.\d+$/.test(ip),
  );
}
