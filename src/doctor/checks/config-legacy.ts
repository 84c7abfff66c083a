import { getAt, normalizeConfig } from "../../config/index.ts";
import { isObject } from "../../core/json.ts";
import type { Check, Step } from "../contract.ts";

/** For an old spelling the places it comes from and goes to; without an entry it is its own place. */
const places: Readonly<Record<string, readonly string[]>> = {
  "gateway.token": ["gateway.token", "gateway.auth.token"],
  "gateway.customBind": ["gateway.customBind", "gateway.customBindHost"],
  "gateway.tailscale.serve": ["gateway.tailscale"],
  "gateway.tailscale.funnel": ["gateway.tailscale"],
  "agents.entries": ["agents.entries", "agents.list"],
  "memory.search": ["memory.search", "agents.defaults.memorySearch"],
  "tools.exec.mode": ["tools.exec"],
};

/** DOC-010, DOC-022…025, CONF-15, CONF-22: old spellings are read as they are and rewritten here. */
export const configLegacy: Check = {
  id: "config-legacy",
  title: "Old spellings in the configuration",
  severity: "warning",
  surface: "doctor",
  mends: "rewritten in place with comments kept, also by `--non-interactive`",
  inspect({ config }) {
    if (!isObject(config.parsed)) return [];
    const authored = config.parsed;
    const rewritten = structuredClone(authored);
    // No home: a leading ~ is the author's and stays. Variables are not filled in either.
    const issues = normalizeConfig(rewritten, "");
    const touched = new Set(issues.flatMap(({ path }) => places[path] ?? [path]));
    const steps = [...touched].flatMap((path): Step[] => {
      const segments = path.split(".");
      const [before, after] = [getAt(authored, segments), getAt(rewritten, segments)];
      if (JSON.stringify(before) === JSON.stringify(after)) return [];
      return [
        after === undefined
          ? { kind: "config-unset", path: segments }
          : { kind: "config-set", path: segments, value: after },
      ];
    });
    steps.push(...channelSteps(authored));
    if (steps.length === 0) return [];
    const old = [...issues.map(({ path, message }) => `${path}: ${message}`), ...channelNames(authored)];
    return [
      {
        evidence: old.join("; "),
        fix: "openclaw doctor --repair",
        repair: { level: "safe", tick: "config migrated", steps },
      },
    ];
  },
};

const channelFields = [
  ["policy", "dmPolicy"],
  ["allowFrom", "allowFrom"],
] as const;

/** `channels.<name>.dm: {policy, allowFrom}` became `dmPolicy` and `allowFrom` (DOC-023). */
function channelSteps(authored: Record<string, unknown>): Step[] {
  return oldChannels(authored).flatMap(([name, channel]) => {
    const steps: Step[] = [];
    for (const [from, to] of channelFields) {
      const value = getAt(channel, ["dm", from]);
      if (value === undefined) continue;
      if (channel[to] === undefined) steps.push({ kind: "config-set", path: ["channels", name, to], value });
      steps.push({ kind: "config-unset", path: ["channels", name, "dm", from] });
    }
    return steps;
  });
}

const channelNames = (authored: Record<string, unknown>): string[] =>
  oldChannels(authored).map(([name]) => `channels.${name}.dm: old spelling, write dmPolicy and allowFrom`);

function oldChannels(authored: Record<string, unknown>): Array<[string, Record<string, unknown>]> {
  const channels = authored["channels"];
  return Object.entries(isObject(channels) ? channels : {}).flatMap(([name, channel]) =>
    isObject(channel) && channelFields.some(([from]) => getAt(channel, ["dm", from]) !== undefined)
      ? [[name, channel] satisfies [string, Record<string, unknown>]]
      : [],
  );
}
