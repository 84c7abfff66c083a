import type { ChannelCapability, DirectoryEntry } from "../channels/contract.ts";
import type { Clock } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import type { FoundAccount } from "./contract.ts";
import { within } from "./deadline.ts";

const directoryTimeoutMs = 15_000;
const maxShown = 10;

/**
 * The id of a place as somebody named it. Ids go through as they are; `@name`, `#name` and names without a digit are
 * looked up where the platform has a directory.
 * @throws UserError TARGET_AMBIGUOUS when several bear the name.
 */
export async function resolveTarget(account: FoundAccount, target: string, clock: Clock): Promise<string> {
  const name = target.trim().replace(/^[@#]/, "");
  const isNamed = name !== target.trim() || !/\d/.test(name);
  const { running, manifest } = account;
  if (!isNamed || !running?.directory || !manifest?.capabilities.can.includes("directory"))
    return target.trim();
  const entries = await within(
    { clock, ms: directoryTimeoutMs },
    (signal) => running.directory?.({ text: name, limit: 200 }, signal) ?? Promise.resolve([]),
  );
  const fits = entries.filter(
    (entry) =>
      entry.id === target.trim() || entry.name.replace(/^[@#]/, "").toLowerCase() === name.toLowerCase(),
  );
  const ids = [...new Set(fits.map(({ id }) => id))];
  if (ids.length > 1) throw ambiguous(target, fits);
  return ids[0] ?? target.trim();
}

function ambiguous(target: string, fits: readonly DirectoryEntry[]): UserError {
  const shown = fits.slice(0, maxShown).map(({ kind, name, id }) => `${kind} ${name} = ${id}`);
  return new UserError(
    "TARGET_AMBIGUOUS",
    `${JSON.stringify(target)} names ${fits.length}: ${shown.join("; ")}`,
    { hint: "use the id" },
  );
}

/** @throws UserError CAPABILITY_MISSING with the reason the platform's manifest gives. */
export function requireCapability({ manifest, settings }: FoundAccount, wanted: ChannelCapability): void {
  if (manifest?.capabilities.can.includes(wanted)) return;
  const reason = manifest?.capabilities.gaps[wanted] ?? "its adapter does not offer it";
  throw new UserError("CAPABILITY_MISSING", `${settings.channel} has no "${wanted}": ${reason}`, {
    hint: `openclaw channels capabilities --channel ${settings.channel}`,
  });
}
