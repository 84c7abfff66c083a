import { UserError } from "../core/errors.ts";
import type { Env } from "../state/index.ts";
import type { ConfigSource } from "./contract.ts";

/** A value that goes before the file: from a flag or a variable. */
export interface Override {
  path: string[];
  value: unknown;
  source: Extract<ConfigSource, "flag" | "env" | ".env">;
  /** Name of the flag or variable. */
  from: string;
}

/** A value given on the command line, e.g. `{ path: "gateway.port", value: 19001, flag: "--port" }`. */
export interface FlagValue {
  path: string;
  value: unknown;
  flag: string;
}

type VariableKind = "port" | "text" | "bind" | "skip";

/** Variables that stand for config keys (ENV-003…006, 015). Provider keys are credentials, not configuration. */
const variables: ReadonlyArray<{ name: string; path: string[]; kind: VariableKind }> = [
  { name: "OPENCLAW_GATEWAY_PORT", path: ["gateway", "port"], kind: "port" },
  { name: "OPENCLAW_GATEWAY_BIND", path: ["gateway", "bind"], kind: "bind" },
  { name: "OPENCLAW_GATEWAY_TOKEN", path: ["gateway", "auth", "token"], kind: "text" },
  { name: "OPENCLAW_GATEWAY_PASSWORD", path: ["gateway", "auth", "password"], kind: "text" },
  { name: "OPENCLAW_SKIP_CANVAS_HOST", path: ["canvasHost", "enabled"], kind: "skip" },
];
const binds = ["loopback", "lan", "tailnet", "custom", "auto"];

/**
 * What flags, the process environment and `.env` say, strongest first (CFG-002, ENV-026/027). Empty variables count as
 * not set. `dotenv` is what the file in the state directory holds.
 * @throws UserError ENV_INVALID, naming the variable.
 */
export function readOverrides(input: { env: Env; dotenv: Env; flags: readonly FlagValue[] }): Override[] {
  const overrides: Override[] = input.flags.map(({ path, value, flag }) => ({
    path: path.split("."),
    value,
    source: "flag",
    from: flag,
  }));
  const sources = [
    ["env", input.env],
    [".env", input.dotenv],
  ] as const;
  for (const [source, env] of sources) {
    for (const { name, path, kind } of variables) {
      const text = env[name]?.trim();
      // A container platform that links a service called openclaw-gateway sets this variable to an address.
      if (!text || (kind === "port" && /^(?:tcp|udp):\/\//.test(text))) continue;
      // Container files set the SKIP variables to 0 for "do not skip": that is no word about the key (ENV-015).
      if (kind === "skip" && text !== "1") continue;
      // `.env` merged into the process environment by a caller is still `.env`.
      if (source === "env" && input.dotenv[name] === env[name]) continue;
      overrides.push({ path, value: valueOf(name, text, kind), source, from: name });
    }
  }
  return overrides;
}

function valueOf(name: string, text: string, kind: VariableKind): unknown {
  if (kind === "text") return text;
  if (kind === "skip") return false;
  if (kind === "bind") {
    if (binds.includes(text)) return text;
    throw new UserError("ENV_INVALID", `${name}=${JSON.stringify(text.slice(0, 80))} is not a bind mode`, {
      hint: `set it to one of ${binds.join(", ")}, or unset ${name}`,
    });
  }
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new UserError("ENV_INVALID", `${name}=${JSON.stringify(text.slice(0, 80))} is not a port`, {
    hint: `set it to a number from 1 to 65535, or unset ${name}`,
  });
}
