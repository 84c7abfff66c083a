import { basename, win32 } from "node:path";
import { Secret } from "../core/secret.ts";
import type { ServiceFacts, ServiceRole, ServiceSpec } from "./contract.ts";

const serviceMarker = "openclaw";

export function roleOf(spec: ServiceSpec): ServiceRole {
  return spec.node === undefined ? "gateway" : "node";
}

/** Variables of a definition, in the order they are written; secrets are not among them. */
export function definitionEnvironment(spec: ServiceSpec): Array<[name: string, value: string]> {
  return [
    ...Object.entries(spec.environment),
    ["OPENCLAW_STATE_DIR", spec.stateDir],
    ["OPENCLAW_CONFIG_PATH", spec.configPath],
    // A node carries no marker: `gateway status --deep` must not take it for a gateway.
    ...(spec.node === undefined
      ? ([
          ["OPENCLAW_GATEWAY_PORT", String(spec.port)],
          ["OPENCLAW_SERVICE_MARKER", serviceMarker],
        ] satisfies Array<[string, string]>)
      : []),
    ["OPENCLAW_SERVICE_KIND", roleOf(spec)],
    ["OPENCLAW_SERVICE_VERSION", spec.version],
  ];
}

/** The command line of the service (CONF-45). The default profile needs no name. */
export function definitionArguments(spec: ServiceSpec): string[] {
  return [
    spec.runtime.path,
    spec.script,
    ...(spec.profile === "default" ? [] : ["--profile", spec.profile]),
    ...(spec.node === undefined
      ? ["gateway", "--port", String(spec.port)]
      : ["node", "run", ...spec.node.options]),
  ];
}

/** What a spec says once it is written and read back: every renderer is checked against this before installing. */
export function factsOfSpec(spec: ServiceSpec): ServiceFacts {
  return factsOf({
    args: definitionArguments(spec),
    environment: {
      ...Object.fromEntries(definitionEnvironment(spec)),
      ...Object.fromEntries(Object.entries(spec.secrets).map(([name, secret]) => [name, secret.reveal()])),
    },
    account: spec.account?.user ?? null,
    problems: [],
  });
}

/**
 * Facts of a command line and its environment. Accepts every form that was ever documented: `node script gateway …`,
 * `/usr/local/bin/openclaw gateway …`, flags before and after the words, `--port=…`.
 */
export function factsOf(read: {
  args: string[];
  environment: Readonly<Record<string, string>>;
  account: string | null;
  problems: string[];
}): ServiceFacts {
  const { args, environment: env } = read;
  const first = args[0] ?? null;
  const name = first === null ? "" : win32.basename(basename(first)).toLowerCase();
  const isRuntime = /^(?:node|nodejs|bun)(?:\d+)?(?:\.exe)?$/.test(name);
  const words = isRuntime ? args.slice(1) : args;
  const script = words.find((word, i) => !word.startsWith("-") && !words[i - 1]?.startsWith("--env-file"));
  const option = (flag: string): string | null => {
    const at = args.indexOf(flag);
    if (at >= 0) return args[at + 1] ?? null;
    return args.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1) ?? null;
  };
  const port = number(option("--port")) ?? number(env["OPENCLAW_GATEWAY_PORT"] ?? null);
  const secret = (value: string | null | undefined) => (value ? new Secret(value) : null);
  return {
    args,
    runtime: isRuntime ? first : null,
    script: script ?? null,
    profile: option("--profile") ?? (args.includes("--dev") ? "dev" : null),
    port,
    stateDir: env["OPENCLAW_STATE_DIR"] ?? null,
    configPath: env["OPENCLAW_CONFIG_PATH"] ?? null,
    version: env["OPENCLAW_SERVICE_VERSION"] ?? null,
    nodeOptions: env["NODE_OPTIONS"] ?? null,
    token: secret(option("--token") ?? env["OPENCLAW_GATEWAY_TOKEN"]),
    password: secret(env["OPENCLAW_GATEWAY_PASSWORD"]),
    account: read.account,
    marked: env["OPENCLAW_SERVICE_MARKER"] === serviceMarker,
    problems: read.problems,
  };
}

function number(text: string | null): number | null {
  return text !== null && /^\d{1,5}$/.test(text) ? Number(text) : null;
}
