import type { CommandContext } from "./contract.ts";
import { OpenClawError, codeOf, messageOf } from "../core/errors.ts";
import type { GatewayClient } from "../client/contract.ts";
import { describeAuth, resolveTarget } from "./target.ts";
import { checkGatewayUrl } from "./globals.ts";
import { connectWith, timeoutOf } from "./remote-options.ts";
import { text } from "./options.ts";

export interface ProbeResult {
  state: "ok" | "failed" | "skipped";
  url: string;
  auth: string;
  /** Milliseconds from dialling to the answer. */
  latencyMs: number | null;
  health: Record<string, unknown> | null;
  hello: Record<string, unknown> | null;
  error: { code: string; message: string; hint?: string } | null;
}

/** Connects, asks for `health` and measures; never throws for what may be wrong with a gateway. */
export async function probeGateway(
  context: CommandContext,
  options: Record<string, unknown>,
): Promise<ProbeResult> {
  const { config } = await context.settings();
  const given = text(options, "url") ?? context.globals.url;
  const target = resolveTarget({
    url: given === undefined ? undefined : checkGatewayUrl(given),
    env: context.env,
    config,
    running: await context.runningGateway(),
  });
  const base = { url: target.url, auth: describeAuth(config, context.env) };
  if (options.probe === false)
    return { ...base, state: "skipped", latencyMs: null, health: null, hello: null, error: null };
  const started = context.clock.monotonic();
  let client: GatewayClient | null = null;
  try {
    client = await connectWith(context, options, "probe");
    const health = await client.call("health", {}, { timeoutMs: timeoutOf(options), signal: context.signal });
    const latencyMs = Math.max(1, Math.round(context.clock.monotonic() - started));
    return {
      ...base,
      state: "ok",
      latencyMs,
      health: health as Record<string, unknown>,
      hello: client.hello,
      error: null,
    };
  } catch (error) {
    const hint = error instanceof OpenClawError ? error.hint : undefined;
    return {
      ...base,
      state: "failed",
      latencyMs: null,
      health: null,
      hello: null,
      error: { code: codeOf(error) ?? "UNKNOWN", message: messageOf(error), ...(hint ? { hint } : {}) },
    };
  } finally {
    client?.close();
  }
}
