import {
  diffConfigs,
  formatPath,
  parsePath,
  reloadClass,
  type ChangeNote,
  type ConfigStore,
} from "../config/index.ts";
import type { CommandContext } from "./contract.ts";

/** How a change made on the command line is written down. */
export function noteFor(words: string): ChangeNote {
  return { author: "cli", reason: words };
}

/** Whether anything stronger than the file says something else: then the change has no effect, and people must know. */
export function shadowOf(store: ConfigStore, path: string): string | null {
  const { source, from } = store.explain(path);
  return source === "file" || source === "default" ? null : from;
}

/** One line on what the running gateway needs before a change counts; null when it needs nothing or none runs. */
export async function whenItCounts(
  context: CommandContext,
  change: { before: unknown; after: unknown },
): Promise<string | null> {
  if (!(await context.runningGateway())) return null;
  const critical = diffConfigs(change.before, change.after).find(
    ({ path }) => path !== "." && reloadClass(parsePath(path)) === "restart",
  );
  return critical ? `The running gateway must restart for ${critical.path} to count.` : null;
}

/** What the file says oddly about this key, e.g. that nobody knows it. */
export function warningsFor(store: ConfigStore, path: string): string[] {
  const canonical = formatPath(parsePath(path));
  return store
    .read()
    .warnings.filter(
      (warning) => warning.path && (canonical === warning.path || canonical.startsWith(`${warning.path}.`)),
    )
    .map((warning) => `${warning.path}: ${warning.message}`);
}
