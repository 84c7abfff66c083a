import { join } from "node:path";
import { isObject } from "../../core/json.ts";
import { defaultGatewayPort, readTextIfExists, type Env, type Paths } from "../../state/index.ts";
import { getAt, setAt } from "../config-path.ts";
import type { KnownSettings, Settings } from "../contract.ts";
import { normalize } from "../normalize.ts";
import { readOverrides } from "../overlay.ts";

/** Every setting of {@link KnownSettings} with what it is when nobody sets it. */
const known: ReadonlyArray<readonly [path: string, fallback?: unknown]> = [
  ["gateway.mode"],
  ["gateway.bind", "loopback"],
  ["gateway.customBindHost"],
  ["gateway.auth.mode", "token"],
  ["gateway.auth.token"],
  ["gateway.auth.password"],
  ["gateway.tls.enabled", false],
  ["gateway.tls.cert"],
  ["gateway.tls.key"],
  ["gateway.tls.ca"],
  ["gateway.remote.url"],
  ["gateway.remote.token"],
  ["gateway.remote.password"],
  ["gateway.remote.tlsFingerprint"],
  ["logging.file"],
  ["agents.defaults.model.primary"],
];

/**
 * The settings a client of the gateway needs, without the schema, which takes a third of a command's time. Possible
 * only for the very text that a full reading by this version found valid ({@link checkedText}) and that has no
 * `${…}` in it; null otherwise: then read in full.
 * @throws UserError ENV_INVALID as the full reading does.
 */
export async function readSettingsQuickly(input: {
  paths: Paths;
  /** Process environment; what `.env` adds may be merged in already. */
  env: Env;
  dotenv: Env;
  version: string;
}): Promise<Settings | null> {
  const { paths, dotenv } = input;
  const overrides = readOverrides({ env: input.env, dotenv, flags: [] });
  const raw = readTextIfExists(paths.configPath);
  if (raw === null || raw.includes("${") || raw !== checkedText(paths.configHistoryDir, input.version))
    return null;
  const data = await parse(raw);
  if (!isObject(data)) return null;
  normalize(data, paths.home);
  for (const { path, value } of overrides.toReversed()) setAt(data, path, value);
  normalize(data, paths.home);
  const config: Record<string, unknown> = {};
  for (const [path, fallback] of [...known, ["gateway.port", defaultGatewayPort(paths.profile)] as const]) {
    const segments = path.split(".");
    const value = getAt(data, segments) ?? fallback;
    if (value !== undefined) setAt(config, segments, value);
  }
  return { config: config as unknown as KnownSettings, exists: true, valid: true, issues: [] };
}

/** JSON is a part of JSON5 and most files are JSON: its parser is there already. */
async function parse(raw: string): Promise<unknown> {
  try {
    return JSON.parse(raw);
  } catch {
    const { default: json5 } = await import("json5");
    return json5.parse(raw);
  }
}

/** Where it is written which revision was found valid, and by which version of the program. */
export const checkedPath = (historyDir: string) => join(historyDir, "checked.json");

/** The text that `version` found valid last, or null. */
function checkedText(historyDir: string, version: string): string | null {
  const text = readTextIfExists(checkedPath(historyDir));
  let note: unknown;
  try {
    note = JSON.parse(text ?? "null");
  } catch {
    return null;
  }
  if (!isObject(note) || note["version"] !== version) return null;
  const { hash } = note;
  if (typeof hash !== "string" || !/^[0-9a-f]{64}$/.test(hash)) return null;
  return readTextIfExists(join(historyDir, `${hash}.json5`));
}
