import { isObject } from "../../../core/json.ts";
import { OpenClawError, codeOf, messageOf } from "../../../core/errors.ts";
import type { GatewayClient } from "../../../client/contract.ts";
import type { ConfigIssue, Settings } from "../../../config/contract.ts";
import type { CommandContext } from "../../contract.ts";
import { lastGatewayError, logTail, lastStatusPage, type StatusPage } from "../../local-facts.ts";
import { flag } from "../../options.ts";
import { timeoutOf } from "../../remote-options.ts";
import { isOwnGateway, resolveTarget, type RunningGateway } from "../../target.ts";

export interface StatusReport {
  config: Settings & { warnings: ConfigIssue[] };
  running: RunningGateway | null;
  url: string;
  /** Null when the gateway did not answer. */
  live: {
    latencyMs: number;
    status: Record<string, unknown>;
    health: Record<string, unknown>;
    models: unknown;
    channels: unknown;
  } | null;
  failure: { code: string; message: string; hint?: string } | null;
  /** What the gateway wrote down last; only looked up when it does not answer. */
  page: StatusPage | null;
  lastError: string | null;
  log: string[];
}

/** Everything `status` shows. Failures of the gateway are part of the report, never thrown. */
export async function gatherStatus(
  context: CommandContext,
  options: Record<string, unknown>,
): Promise<StatusReport> {
  const all = flag(options, "all");
  // Unknown keys are found by the schema only; the short report does not show them.
  const config =
    all || flag(options, "json")
      ? (await context.openConfig()).read()
      : { ...(await context.settings()), warnings: [] };
  const running = await context.runningGateway();
  const target = resolveTarget({
    url: context.globals.url,
    env: context.env,
    config: config.config,
    running,
  });
  const base = { config, running, url: target.url };
  // What lies in this state directory tells nothing of a gateway elsewhere.
  const own = isOwnGateway(target);
  const log = all && own ? await logTail(context, 40) : [];
  try {
    const live = await askGateway(context, {
      timeoutMs: timeoutOf(options),
      deep: flag(options, "deep") || all,
    });
    return { ...base, live, failure: null, page: null, lastError: null, log };
  } catch (error) {
    const hint = error instanceof OpenClawError ? error.hint : undefined;
    const failure = {
      code: codeOf(error) ?? "UNKNOWN",
      message: messageOf(error),
      ...(hint ? { hint } : {}),
    };
    const page = own ? lastStatusPage(context) : null;
    const lastError = own ? await lastGatewayError(context) : null;
    return { ...base, live: null, failure, page, lastError, log };
  }
}

async function askGateway(
  context: CommandContext,
  options: { timeoutMs: number; deep: boolean },
): Promise<NonNullable<StatusReport["live"]>> {
  const started = context.clock.monotonic();
  const client = await context.connect({ mode: "probe", timeoutMs: options.timeoutMs });
  try {
    const call = async (method: string, params: unknown) =>
      await client.call(method, params, { timeoutMs: options.timeoutMs, signal: context.signal });
    const [status, health] = await Promise.all([
      call("status", {}),
      call("health", options.deep ? { probe: true, deep: true } : {}),
    ]);
    const latencyMs = Math.max(1, Math.round(context.clock.monotonic() - started));
    const extra = options.deep
      ? await Promise.all([
          optional(client, "models.status", call),
          optional(client, "channels.status", call, { probe: true, timeoutMs: options.timeoutMs }),
        ])
      : [null, null];
    return {
      latencyMs,
      status: isObject(status) ? status : {},
      health: isObject(health) ? health : {},
      models: extra[0],
      channels: extra[1],
    };
  } finally {
    client.close();
  }
}

/** Asks only what the gateway says it can answer; its failure is shown in place of the answer. */
async function optional(
  client: GatewayClient,
  method: string,
  call: (method: string, params: unknown) => Promise<unknown>,
  params: unknown = {},
): Promise<unknown> {
  const { features } = client.hello;
  const methods = isObject(features) && Array.isArray(features.methods) ? features.methods : [];
  if (!methods.includes(method)) return null;
  try {
    return await call(method, params);
  } catch (error) {
    return { error: messageOf(error) };
  }
}
