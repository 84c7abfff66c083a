import { routingIssues } from "./access-issues.ts";
import { formatPath } from "./config-path.ts";
import type { ConfigIssue } from "./contract.ts";
import { heartbeatIssues } from "./heartbeat.ts";
import type { OpenClawConfig } from "./schema/index.ts";

/** First segments of paths that mean something else on the gateway's port. */
const takenSegments = new Set([
  "v1",
  "tools",
  "channels",
  "__openclaw__",
  "health",
  "healthz",
  "ready",
  "readyz",
  "startup",
  "startupz",
]);

/** What is wrong although each value is right by itself: keys that only make sense, or are only safe, together. */
export function crossCheck(config: OpenClawConfig): ConfigIssue[] {
  return [
    ...hookIssues(config),
    ...profileIssues(config),
    ...collectorIssues(config),
    ...routingIssues(config),
    ...heartbeatIssues(config),
  ];
}

/** The address is asked for only while it is used: an unfinished section must not stop a gateway. */
function collectorIssues({ diagnostics: { otel } }: OpenClawConfig): ConfigIssue[] {
  if (!otel.enabled) return [];
  const url = URL.canParse(otel.endpoint) ? new URL(otel.endpoint) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") return [];
  return [
    {
      path: "diagnostics.otel.endpoint",
      message: `expected an http or https address without a password, such as http://127.0.0.1:4318, got ${JSON.stringify(
        url === null || url.password === "" ? otel.endpoint.slice(0, 80) : "[redacted]",
      )}`,
    },
  ];
}

const profiles = ["minimal", "coding", "messaging", "full"];

/** A misspelt profile must not quietly mean "no tools", and still less "all". */
function profileIssues({ tools, agents }: OpenClawConfig): ConfigIssue[] {
  const places: Array<[path: string, profile: string | undefined]> = [
    ["tools.profile", tools.profile],
    ["agents.defaults.tools.profile", agents.defaults.tools?.profile],
    ...agents.list.map(({ tools: own }, index): [string, string | undefined] => [
      `agents.list[${index}].tools.profile`,
      own?.profile,
    ]),
    ...Object.entries(tools.byProvider).map(([name, { profile }]): [string, string | undefined] => [
      formatPath(["tools", "byProvider", name, "profile"]),
      profile,
    ]),
  ];
  return places.flatMap(([path, profile]) =>
    profile === undefined || profiles.includes(profile)
      ? []
      : [
          {
            path,
            message: `expected one of ${profiles.join(", ")}, got ${JSON.stringify(profile.slice(0, 80))}`,
          },
        ],
  );
}

/** Hooks without a secret of their own would be open, or would hand the gateway's secret to every sender (threats.md 4.5). */
function hookIssues({ hooks, gateway }: OpenClawConfig): ConfigIssue[] {
  if (!hooks.enabled) return [];
  const issues: ConfigIssue[] = [];
  if (!hooks.token?.trim()) {
    issues.push({
      path: "hooks.token",
      message:
        "expected a secret while hooks.enabled is true, it is missing; set it before you switch hooks on",
    });
  } else if (hooks.token === gateway.auth.token || hooks.token === gateway.auth.password) {
    issues.push({
      path: "hooks.token",
      message:
        "expected a secret of its own, it is the gateway's: whoever can call a hook would be its operator",
    });
  }
  const first = hooks.path.split("/")[1] ?? "";
  if (!/^(?:\/[\w.~-]+)+\/?$/.test(hooks.path) || /\/\.{1,2}(?:\/|$)/.test(hooks.path)) {
    issues.push({
      path: "hooks.path",
      message: `expected a path such as /hooks, got ${JSON.stringify(hooks.path.slice(0, 80))}`,
    });
  } else if (takenSegments.has(first)) {
    issues.push({
      path: "hooks.path",
      message: `expected a path of its own, /${first} means something else`,
    });
  }
  return issues;
}
