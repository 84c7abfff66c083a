import { networkInterfaces } from "node:os";
import { UserError } from "../../../core/errors.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { checkGatewayUrl } from "../../globals.ts";
import { flag, text } from "../../options.ts";
import { gatewayUrl, isLoopbackUrl, setting } from "../../target.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const url = await reachableUrl(context, text(options, "publicUrl"));
  const roles = flag(options, "node") ? ["node"] : ["node", "operator"];
  const scopes = flag(options, "node") ? [] : scopesOf(text(options, "scopes") ?? "");
  const client = await context.connect();
  let made: unknown;
  try {
    made = await client.call("login.code.create", { roles, scopes });
  } finally {
    client.close();
  }
  if (!isObject(made) || typeof made.ticket !== "string" || typeof made.expiresAtMs !== "number")
    throw new UserError("SETUP_CODE_FAILED", "the gateway gave no one-time login");
  const { ticket, expiresAtMs } = made;
  // Apps of both generations: the older ones send `token`, the newer ones `bootstrapToken`.
  const payload = { url, bootstrapToken: ticket, token: ticket };
  const setupCode = Buffer.from(JSON.stringify(payload)).toString("base64url");
  if (flag(options, "json")) return out.json({ setupCode, gatewayUrl: url, roles, scopes, expiresAtMs });
  if (flag(options, "setupCodeOnly")) return out.line(setupCode);
  const { renderUnicodeCompact } = await import("uqr");
  out.line(renderUnicodeCompact(setupCode));
  out.line();
  out.line(setupCode);
  out.line();
  out.pairs([
    ["Gateway", url],
    ["Lets in", `one device, as ${roles.join(" and ")}${scopes.length > 0 ? ` (${scopes.join(", ")})` : ""}`],
    ["Good for", `${Math.max(1, Math.round((expiresAtMs - clock.now()) / 60_000))} minutes`],
  ]);
  if (url.startsWith("ws:") && !isLoopbackUrl(url))
    out.note("Without TLS whoever is on that network can read along: use it at home only.");
};

function scopesOf(list: string): string[] {
  return list
    .split(",")
    .map((scope) => scope.trim())
    .filter((scope) => scope !== "")
    .map((scope) => (scope.startsWith("operator.") ? scope : `operator.${scope}`));
}

/** What a device elsewhere connects to. @throws UserError QR_NO_ADDRESS where only this machine reaches the gateway. */
async function reachableUrl(context: CommandContext, given: string | undefined): Promise<string> {
  if (given !== undefined) return checkGatewayUrl(given);
  const { config } = await context.settings();
  const remote = setting(config, "gateway.remote.url");
  if (setting(config, "gateway.mode") === "remote" && typeof remote === "string")
    return checkGatewayUrl(remote);
  const bind = setting(config, "gateway.bind");
  const running = await context.runningGateway();
  const port = running?.port ?? Number(setting(config, "gateway.port") ?? 18_789);
  const tls = setting(config, "gateway.tls.enabled") === true;
  const custom = setting(config, "gateway.customBindHost");
  const host =
    bind === "lan" ? lanAddress() : bind === "custom" ? custom : bind === "tailnet" ? running?.host : null;
  if (typeof host === "string" && host !== "" && !isLoopbackUrl(`ws://${host}`))
    return gatewayUrl({ host: host === "0.0.0.0" ? (lanAddress() ?? host) : host, port, tls });
  throw new UserError(
    "QR_NO_ADDRESS",
    "other devices cannot reach this gateway: it listens on this machine only",
    {
      hint: "openclaw config set gateway.bind lan, or name the address of your proxy or tailnet: openclaw qr --public-url wss://…",
    },
  );
}

function lanAddress(): string | null {
  const found = Object.values(networkInterfaces())
    .flat()
    .find((address) => address !== undefined && !address.internal && address.family === "IPv4");
  return found?.address ?? null;
}
