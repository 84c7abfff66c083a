import { isObject } from "../core/json.ts";
import { OpenClawError } from "../core/errors.ts";
import type { CommandBody, CommandContext } from "./contract.ts";
import { ago, duration, plural, show } from "./format.ts";
import { flag } from "./options.ts";
import { callGateway } from "./remote-options.ts";
import { setting } from "./target.ts";

/** Body of `health` and `gateway health` (CONF-67): exit 0 when healthy, 1 otherwise (OUT-024). */
export const run: CommandBody = async (context, _args, options) => {
  const deep = flag(options, "deep");
  const probe = deep || flag(options, "verbose");
  const params = { ...(probe ? { probe: true } : {}), ...(deep ? { deep: true } : {}) };
  let answer: unknown;
  try {
    answer = await callGateway(context, { method: "health", params, options });
  } catch (error) {
    throw flag(options, "verbose") ? withConfigPath(error, context) : error;
  }
  const snapshot = isObject(answer) ? answer : {};
  const ok = snapshot.ok === true;
  if (flag(options, "json")) context.out.json(healthJson(snapshot));
  else printHealth(context, snapshot);
  return ok ? 0 : 1;
};

/** CLI-013: with --verbose a failure names the config path too (the target is in the message already). */
function withConfigPath(error: unknown, { paths }: CommandContext): unknown {
  if (!(error instanceof OpenClawError) || error.message.includes(paths.configPath)) return error;
  return new OpenClawError(error.code, `${error.message} (config ${paths.configPath})`, {
    ...(error.hint ? { hint: error.hint } : {}),
    cause: error,
  });
}

/** The documented keys first and in their order, channels as words; then whatever else the gateway said (OUT-014). */
export function healthJson(snapshot: Record<string, unknown>): Record<string, unknown> {
  const { ok, version, uptime, gateway, channels, models, ...rest } = snapshot;
  return {
    ok: ok === true,
    version: version ?? null,
    uptime: uptime ?? null,
    gateway: gateway ?? null,
    channels: channelWords(channels),
    models: models ?? null,
    ...rest,
    channelDetails: isObject(channels) ? channels : {},
  };
}

/** `{telegram: "connected", …}` of the channels' summaries (OUT-021). */
export function channelWords(channels: unknown): Record<string, string> {
  if (!isObject(channels)) return {};
  return Object.fromEntries(Object.entries(channels).map(([id, summary]) => [id, channelWord(summary)]));
}

/** One word for the state of a channel or an account. */
export function channelWord(summary: unknown): string {
  if (typeof summary === "string") return summary;
  if (!isObject(summary)) return "unknown";
  const probe = isObject(summary.probe) ? summary.probe.ok : undefined;
  if (summary.enabled === false) return "disabled";
  if (summary.configured === false) return "not configured";
  if (summary.connected === false || summary.linked === false || probe === false) return "disconnected";
  if (summary.connected === true || summary.running === true || probe === true) return "connected";
  return "disconnected";
}

/** When each direction of a channel account was last proved, and what the last probe said. */
export function evidenceWords(
  account: Record<string, unknown>,
  now: number,
): { received: string; sent: string; probed: string } {
  const when = (value: unknown) => ago(typeof value === "number" ? value : null, now);
  const probe = isObject(account.probe) ? account.probe.ok : undefined;
  const probed = when(account.lastProbeAt);
  return {
    received: when(account.lastInboundAt),
    sent: when(account.lastOutboundAt),
    probed: typeof probe === "boolean" ? `${probe ? "ok" : "failed"} ${probed}` : probed,
  };
}

function printHealth({ out }: CommandContext, snapshot: Record<string, unknown>): void {
  const ok = snapshot.ok === true;
  const took = typeof snapshot.durationMs === "number" ? ` (${snapshot.durationMs}ms)` : "";
  const rows: Array<[string, string]> = [
    ["Gateway", ok ? out.style.green(`ok${took}`) : out.style.red(`not healthy${took}`)],
  ];
  if (typeof snapshot.version === "string") rows.push(["Version", snapshot.version]);
  if (typeof snapshot.uptime === "number") rows.push(["Uptime", duration(snapshot.uptime * 1000)]);
  const primary = setting(snapshot, "models.primary");
  if (typeof primary === "string") rows.push(["Model", primary]);
  const words = Object.entries(channelWords(snapshot.channels));
  rows.push(["Channels", words.map(([id, word]) => `${id} ${word}`).join(", ") || "none configured"]);
  const agents = Array.isArray(snapshot.agents) ? snapshot.agents.filter(isObject) : [];
  rows.push(["Agents", agents.map(describeAgent).join(", ") || "none"]);
  out.pairs(rows);
  for (const line of conditionLines(snapshot, out.style)) out.line(line);
  for (const check of checksOf(snapshot)) {
    const mark = check.ok ? out.style.green("✓") : out.style.red("✗");
    out.line(`${mark} ${check.name}${check.detail ? `: ${check.detail}` : ""}`);
  }
}

/** What the gateway says is the matter, one line each with what mends it; the same words as in every other place. */
export function conditionLines(
  health: Record<string, unknown>,
  style: CommandContext["out"]["style"],
  told: readonly string[] = [],
): string[] {
  const conditions = Array.isArray(health.conditions) ? health.conditions.filter(isObject) : [];
  return conditions
    .filter(({ code }) => !told.includes(String(code)))
    .map((condition) => {
      const { code, title, severity, text, hint } = condition;
      const paint = severity === "error" ? style.red : severity === "warning" ? style.yellow : style.dim;
      return `${paint(`${severity === "error" ? "✗" : "!"} ${show(title, code)}`)}: ${show(text, "")} (${show(hint, "openclaw status --all")})`;
    });
}

function describeAgent(agent: Record<string, unknown>): string {
  const sessions = setting(agent, "sessions.count");
  const count = typeof sessions === "number" ? ` (${plural(sessions, "session")})` : "";
  return `${String(agent.agentId)}${agent.isDefault === true ? " [default]" : ""}${count}`;
}

/** The named checks of a deep answer, whether the gateway sends them as a list or as a map. */
function checksOf(snapshot: Record<string, unknown>): Array<{ name: string; ok: boolean; detail: string }> {
  const { checks } = snapshot;
  const entries: Array<[string, unknown]> = Array.isArray(checks)
    ? checks.filter(isObject).map((check) => [show(check.id, check.name, "check"), check])
    : isObject(checks)
      ? Object.entries(checks)
      : [];
  return entries.map(([name, value]) => {
    const check = isObject(value) ? value : { ok: value };
    const detail = check.detail ?? check.message ?? check.error ?? check.summary;
    return { name, ok: check.ok === true, detail: typeof detail === "string" ? detail : "" };
  });
}
