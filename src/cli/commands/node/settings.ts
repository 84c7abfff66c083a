import { hostname } from "node:os";
import { realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { UsageError, UserError } from "../../../core/errors.ts";
import type { NodeFile, Share } from "../../../node-host/index.ts";
import type { CommandContext } from "../../contract.ts";
import { checkGatewayUrl } from "../../globals.ts";
import { flag, integer, text } from "../../options.ts";
import { gatewayUrl, resolveTarget } from "../../target.ts";

type Options = Record<string, unknown>;

const setupCode = z.looseObject({ url: z.string().min(1), bootstrapToken: z.string().min(1) });

/** The address and the one-time token of a setup code. @throws UsageError */
export function readSetupCode(given: string): { url: string; token: string } {
  try {
    const { url, bootstrapToken } = setupCode.parse(
      JSON.parse(Buffer.from(given.trim(), "base64url").toString("utf8")),
    );
    return { url: checkGatewayUrl(url), token: bootstrapToken };
  } catch (cause) {
    throw new UsageError("--setup-code is no setup code", {
      hint: "copy the whole line that `openclaw qr --node` prints on the gateway",
      cause,
    });
  }
}

/** What the node host starts with. */
export interface NodeSettings {
  url: string;
  displayName: string;
  tlsFingerprint: string | null;
  shares: Share[];
}

/**
 * Options, else what was remembered, else the gateway this command line would talk to.
 * @throws UsageError for options that contradict; UserError PATH_NOT_DIRECTORY for a share that is no folder
 */
export async function nodeSettings(
  context: CommandContext,
  options: Options,
  stored: NodeFile,
): Promise<NodeSettings> {
  const given = givenUrl(context, options);
  const url = given ?? stored.url ?? (await defaultUrl(context));
  const fingerprint = text(options, "tlsFingerprint") ?? (given === null ? stored.tlsFingerprint : undefined);
  const shares = givenShares(options);
  return {
    url,
    displayName: text(options, "displayName") ?? stored.displayName ?? hostname(),
    tlsFingerprint: fingerprint ?? null,
    shares: shares ?? stored.shares ?? [],
  };
}

export function nodeFileOf(settings: NodeSettings): NodeFile {
  const { url, displayName, tlsFingerprint, shares } = settings;
  return { version: 1, displayName, url, ...(tlsFingerprint === null ? {} : { tlsFingerprint }), shares };
}

function givenUrl(context: CommandContext, options: Options): string | null {
  const code = text(options, "setupCode");
  const url = text(options, "url") ?? context.globals.url ?? (code && readSetupCode(code).url);
  const host = text(options, "host");
  const port = integer(options, "port", { min: 1, max: 65_535 });
  if (url !== undefined && host !== undefined) throw new UsageError("--url and --host are both given");
  if (host === undefined && (port !== undefined || flag(options, "tls")))
    throw new UsageError("--port and --tls belong to --host", { hint: "or put them into --url" });
  if (url !== undefined) return checkGatewayUrl(url);
  if (host === undefined) return null;
  return checkGatewayUrl(gatewayUrl({ host, port: port ?? 18_789, tls: flag(options, "tls") }));
}

async function defaultUrl(context: CommandContext): Promise<string> {
  const { config } = await context.settings();
  const running = await context.runningGateway();
  return resolveTarget({ env: context.env, config, running }).url;
}

function givenShares(options: Options): Share[] | null {
  if (options.shares === false) return [];
  const read = folders(options.share).map((path) => ({ path, write: false }));
  const write = folders(options.shareWrite).map((path) => ({ path, write: true }));
  const all = [...write, ...read];
  return all.length === 0 ? null : all;
}

function folders(value: unknown): string[] {
  const names = Array.isArray(value) ? value.map(String) : typeof value === "string" ? [value] : [];
  return names.map((name) => {
    const path = resolve(name);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw new UserError("PATH_NOT_DIRECTORY", `${JSON.stringify(name)} is not a folder`, {
        hint: `mkdir -p ${name}`,
      });
    return realpathSync(path);
  });
}
