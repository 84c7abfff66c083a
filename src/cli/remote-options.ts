import type { CommandContext, OptionDefinition } from "./contract.ts";
import { integer, text } from "./options.ts";
import type { GatewayClient } from "../client/contract.ts";

/** Options of commands that may be aimed at a gateway explicitly (CLI-075). */
export const remoteOptions: OptionDefinition[] = [
  { flags: "--url <url>", description: "gateway to talk to: ws://… or wss://…" },
  {
    flags: "--token <token>",
    description: "shared or device token; OPENCLAW_GATEWAY_TOKEN keeps it out of `ps`",
  },
  { flags: "--password <password>", description: "password; OPENCLAW_GATEWAY_PASSWORD keeps it out of `ps`" },
  { flags: "--timeout <ms>", description: "give up after so many milliseconds", default: "10000" },
];

export function timeoutOf(options: Record<string, unknown>): number {
  return integer(options, "timeout", { min: 1, max: 86_400_000, default: 10_000 });
}

/** Connects as `--url`, `--token`, `--password` and `--timeout` say. */
export function connectWith(
  context: CommandContext,
  options: Record<string, unknown>,
  mode: "cli" | "probe" = "cli",
): Promise<GatewayClient> {
  const url = text(options, "url");
  const token = text(options, "token");
  const password = text(options, "password");
  return context.connect({
    ...(url === undefined ? {} : { url }),
    ...(token === undefined ? {} : { token }),
    ...(password === undefined ? {} : { password }),
    timeoutMs: timeoutOf(options),
    mode,
  });
}

/** One call on a fresh connection. */
export async function callGateway(
  context: CommandContext,
  request: { method: string; params?: unknown; options?: Record<string, unknown>; mode?: "cli" | "probe" },
): Promise<unknown> {
  const options = request.options ?? {};
  const client = await connectWith(context, options, request.mode);
  try {
    return await client.call(request.method, request.params ?? {}, {
      timeoutMs: timeoutOf(options),
      signal: context.signal,
    });
  } finally {
    client.close();
  }
}
