import { Secret } from "../../../core/secret.ts";
import { openNodeFile, type NodeFile, type Share } from "../../../node-host/index.ts";
import {
  buildServiceSpec,
  nodeOptions,
  type ServiceFacts,
  type ServiceSpec,
} from "../../../service/index.ts";
import type { CommandContext } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { installRoot } from "../../package-info.ts";
import type { Desk } from "../../service-desk.ts";
import { readSetupCode, type NodeSettings } from "./settings.ts";

type Options = Record<string, unknown>;

/** What the service tells `openclaw node run`: everything but secrets. */
function runOptions({ url, displayName, tlsFingerprint, shares }: NodeSettings): string[] {
  const share = (write: boolean) => shares.filter((each) => each.write === write);
  return [
    "--url",
    url,
    ...(tlsFingerprint === null ? [] : ["--tls-fingerprint", tlsFingerprint]),
    "--display-name",
    displayName,
    ...share(true).flatMap(({ path }) => ["--share-write", path]),
    ...share(false).flatMap(({ path }) => ["--share", path]),
    ...(shares.length === 0 ? ["--no-shares"] : []),
  ];
}

/** What this node was told last: `node.json`, else (another account's, never started) what the definition says. */
export function rememberedNode(desk: Desk, installed: ServiceFacts | null): NodeFile {
  const stored = openNodeFile(desk.paths.stateDir).read();
  return stored.url !== undefined || installed === null
    ? stored
    : readRunOptions(nodeOptions(installed.args));
}

function readRunOptions(words: readonly string[]): NodeFile {
  const shares: Share[] = [];
  const found: NodeFile = { version: 1, shares };
  for (const [i, word] of words.entries()) {
    const value = words[i + 1];
    if (value === undefined) break;
    if (word === "--url") found.url = value;
    else if (word === "--tls-fingerprint") found.tlsFingerprint = value;
    else if (word === "--display-name") found.displayName = value;
    else if (word === "--share" || word === "--share-write")
      shares.push({ path: value, write: word === "--share-write" });
  }
  return found;
}

/** What the definition should say. `installed`: what it says now, for what is kept. @throws UserError, UsageError */
export function nodeSpec(
  context: CommandContext,
  given: { options: Options; desk: Desk; settings: NodeSettings; installed: ServiceFacts | null },
): ServiceSpec {
  const { options, desk, settings, installed } = given;
  const bun = process.versions.bun !== undefined;
  return buildServiceSpec(desk.host, {
    paths: desk.paths,
    version: context.version,
    packageRoot: installRoot(),
    runtime: bun ? "bun" : "node",
    executable: { kind: bun ? "bun" : "node", path: process.execPath },
    // It listens nowhere.
    port: 0,
    node: { options: runOptions(settings) },
    secrets: secretsOf(context, given),
    ...(desk.account ? { account: desk.account } : {}),
    ...(flag(options, "withoutLogon") ? { withoutLogon: true } : {}),
    nodeOptions: installed?.nodeOptions ?? null,
  });
}

/**
 * Only what the node host would not find by itself: given here, or in the environment of this command. What the service
 * has is kept as long as it is for the same gateway; another one never sees it.
 */
function secretsOf(
  { env }: CommandContext,
  given: { options: Options; settings: NodeSettings; installed: ServiceFacts | null },
): Record<string, Secret> {
  const { options, settings, installed } = given;
  const code = text(options, "setupCode");
  if (code !== undefined) return { OPENCLAW_GATEWAY_TOKEN: new Secret(readSetupCode(code).token) };
  const same = installed !== null && readRunOptions(nodeOptions(installed.args)).url === settings.url;
  const secrets: Record<string, Secret> = {};
  for (const what of ["token", "password"] as const) {
    const name = `OPENCLAW_GATEWAY_${what.toUpperCase()}`;
    const value = text(options, what) ?? env[name] ?? (same ? installed[what]?.reveal() : undefined);
    if (value) secrets[name] = new Secret(value);
  }
  return secrets;
}
