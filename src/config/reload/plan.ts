import { isObject } from "../../core/json.ts";
import { formatPath, getAt, sameValue } from "../config-path.ts";
import { redactValue } from "../redact.ts";
import { reloadClass, type OpenClawConfig } from "../schema/index.ts";

export type ReloadMode = OpenClawConfig["gateway"]["reload"]["mode"];

/**
 * What one changed key needs: nothing but being read (`hot`), one part of the gateway begun anew (`part`), the whole
 * gateway begun anew in its process (`process`), or nothing at all because a flag or variable outranks it (`shadowed`).
 */
export type ReloadAction = "hot" | "part" | "process" | "shadowed";

export interface ReloadStep {
  path: string;
  /** Secrets are redacted; undefined where the key is not there. */
  before: unknown;
  after: unknown;
  action: ReloadAction;
  /** With `part`: e.g. `channels/webhook/default`, or `channels/webhook` for all its accounts. */
  part?: string;
  /** With `shadowed`: the flag or variable that wins. */
  by?: string;
  /** Whether the gateway does it by itself in this mode. */
  applies: boolean;
}

export interface ReloadPlan {
  mode: ReloadMode;
  steps: ReloadStep[];
  /** Parts that restart on their own. */
  parts: string[];
  /** Whether the gateway restarts in its process. */
  restart: boolean;
  /** Keys that wait for a restart which the mode leaves to the operator. */
  pending: string[];
}

/** Keys of a channel or account that the running account takes over; every other one begins the account anew. */
export const hotChannelKeys: ReadonlySet<string> = new Set([
  "allowBots",
  "allowFrom",
  "defaultAccount",
  "dmPolicy",
  "groupAllowFrom",
  "groupPolicy",
  "groups",
  "historyLimit",
  "name",
  "replyToMode",
  "requireMention",
  "selfChatMode",
  "streaming",
  "streamingIntervalMs",
  "textChunkLimit",
]);

/**
 * What going from one configuration to another means for a running gateway (RLD-002…007, CONF-27/28/83, HID-018).
 * Both are what the file alone says, defaults included; the mode is the one `after` names. Pure.
 */
export function reloadPlan(options: {
  before: OpenClawConfig;
  after: OpenClawConfig;
  /** What outranks the file. */
  overrides?: ReadonlyArray<{ path: readonly string[]; from: string }>;
  /** The same with flags and variables laid over: a default that follows an outranked key does not change either. */
  effective?: { before: OpenClawConfig; after: OpenClawConfig };
}): ReloadPlan {
  const { before, after, overrides = [], effective } = options;
  const { mode } = after.gateway.reload;
  const outranked = (path: readonly string[]) => overrides.find((override) => covers(override.path, path));
  const changed = [...differences(before, after, [])].filter(
    ([path]) =>
      effective === undefined ||
      outranked(path) !== undefined ||
      !sameValue(getAt(effective.before, path), getAt(effective.after, path)),
  );
  const steps = changed.map(([path, old, next]): ReloadStep => {
    const shared = {
      path: formatPath(path),
      before: redactValue(old, path),
      after: redactValue(next, path),
    };
    const by = outranked(path)?.from;
    if (by !== undefined) return { ...shared, action: "shadowed", by, applies: false };
    const part = partOf(path);
    if (part !== null)
      return { ...shared, action: "part", part, applies: mode === "hybrid" || mode === "restart" };
    if (path[0] === "channels" || reloadClass(path) === "hot")
      return { ...shared, action: "hot", applies: mode !== "off" };
    return { ...shared, action: "process", applies: mode === "hybrid" || mode === "restart" };
  });
  const real = steps.filter(({ action }) => action !== "shadowed");
  const restart =
    (mode === "restart" && real.length > 0) ||
    (mode === "hybrid" && real.some(({ action }) => action === "process"));
  const parts = real.flatMap(({ part, applies }) => (part !== undefined && applies ? [part] : []));
  return {
    mode,
    steps,
    parts: restart ? [] : [...new Set(parts)].sort(),
    restart,
    pending: real.filter(({ applies }) => !applies).map(({ path }) => path),
  };
}

/**
 * The configuration in force after a plan without restart: keys that apply are the new ones, pending ones stay.
 * `before` and `after` may be any two readings of the same files, e.g. with flags and variables laid over.
 */
export function applyPlan(before: OpenClawConfig, after: OpenClawConfig, plan: ReloadPlan): OpenClawConfig {
  if (plan.pending.length === 0) return after;
  const pending = new Set(plan.pending);
  return blend(before, after, [], pending) as OpenClawConfig;
}

function blend(before: unknown, after: unknown, path: string[], pending: ReadonlySet<string>): unknown {
  const at = formatPath(path);
  if (pending.has(at)) return before;
  const below = [...pending].some((key) => key.startsWith(`${at}.`) || key.startsWith(`${at}[`));
  if (path.length > 0 && !below) return after;
  // Entries of a list are no keys of their own: a list that waits in part waits as a whole.
  if (!isObject(before) || !isObject(after)) return before;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const made: Record<string, unknown> = {};
  for (const name of names) {
    const value = blend(before[name], after[name], [...path, name], pending);
    if (value !== undefined) made[name] = value;
  }
  return made;
}

/** The part that owns a key, when one does alone and the key is not taken over while it runs. */
function partOf(path: readonly string[]): string | null {
  const [section, channel, next, account, ...rest] = path;
  if (section !== "channels" || channel === undefined) return null;
  const inAccount = next === "accounts";
  const key = inAccount ? rest[0] : next;
  if (key !== undefined && hotChannelKeys.has(key)) return null;
  return inAccount && account !== undefined ? `channels/${channel}/${account}` : `channels/${channel}`;
}

/** Whether one of the two paths is the beginning of the other. */
function covers(override: readonly string[], path: readonly string[]): boolean {
  return override.every((segment, index) => path[index] === undefined || path[index] === segment);
}

type Difference = [path: string[], before: unknown, after: unknown];

/** Changed leaves; objects and lists of objects are walked also where they came or went, so that each key has its class. */
function* differences(before: unknown, after: unknown, path: string[]): Generator<Difference> {
  const walkable = (value: unknown) =>
    isObject(value) ? Object.keys(value).length > 0 : Array.isArray(value) && value.some(isObject);
  if ((walkable(before) || before === undefined) && (walkable(after) || after === undefined)) {
    const [old, next] = [entriesOf(before), entriesOf(after)];
    for (const name of new Set([...Object.keys(old), ...Object.keys(next)]))
      yield* differences(own(old, name), own(next, name), [...path, name]);
    return;
  }
  if (!sameValue(before, after)) yield [path, before, after];
}

function entriesOf(value: unknown): Record<string, unknown> {
  if (Array.isArray(value)) return Object.fromEntries(Object.entries(value));
  return isObject(value) ? value : {};
}

function own(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
