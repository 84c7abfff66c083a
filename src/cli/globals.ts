import { UsageError } from "../core/errors.ts";
import type { OptionDefinition } from "./contract.ts";
import { nearest } from "./suggest.ts";

/** What stands before the subcommand. */
export interface Globals {
  profile?: string;
  dev: boolean;
  url?: string;
  color: boolean;
  verbose: boolean;
}

/** Accepted before the subcommand, and after it where the subcommand has no option of that name. */
export const globalOptions: readonly OptionDefinition[] = [
  { flags: "--profile <name>", description: "use another profile: its own state, config, port and sessions" },
  { flags: "--dev", description: "the profile `dev`: state ~/.openclaw-dev, port 19001" },
  { flags: "--url <url>", description: "gateway to talk to: ws://… or wss://…" },
  { flags: "--no-color", description: "no colours (also: NO_COLOR)" },
  { flags: "--verbose", description: "say more when something fails" },
];

/** Splits a command line into global flags, the words of the command, and whether only help or the version is wanted. */
export function parseGlobals(argv: readonly string[]): {
  globals: Globals;
  rest: string[];
  asked: "help" | "version" | null;
} {
  const globals: Globals = { dev: false, color: true, verbose: false };
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? "";
    if (!word.startsWith("-")) return { globals, rest: argv.slice(i), asked: null };
    const [name, inline] = splitFlag(word);
    const value = () => {
      const given = inline ?? argv[++i];
      if (given === undefined || given === "") throw new UsageError(`${name} needs a value`);
      return given;
    };
    if (name === "--help" || name === "-h") return { globals, rest: argv.slice(i + 1), asked: "help" };
    if (name === "--version" || name === "-V" || name === "-v")
      return { globals, rest: [], asked: "version" };
    if (name === "--profile") globals.profile = value();
    else if (name === "--url") globals.url = checkGatewayUrl(value());
    else if (name === "--dev") globals.dev = true;
    else if (name === "--no-color") globals.color = false;
    else if (name === "--verbose") globals.verbose = true;
    else {
      const like = nearest(name, [
        "--profile",
        "--dev",
        "--url",
        "--no-color",
        "--verbose",
        "--help",
        "--version",
      ]);
      throw new UsageError(`unknown option ${JSON.stringify(word)}`, {
        hint: like ? `did you mean ${like}?` : "see `openclaw --help`",
      });
    }
  }
  return { globals, rest: [], asked: null };
}

function splitFlag(word: string): [string, string | undefined] {
  const at = word.indexOf("=");
  return word.startsWith("--") && at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word, undefined];
}

/** @throws UsageError unless it is a ws:// or wss:// address; http(s) is understood as ws(s). */
export function checkGatewayUrl(given: string): string {
  let url: URL;
  try {
    url = new URL(given);
  } catch (cause) {
    throw new UsageError(`${JSON.stringify(given)} is not an address`, {
      hint: "give it as ws://host:18789 or wss://host",
      cause,
    });
  }
  const protocol = { "ws:": "ws:", "wss:": "wss:", "http:": "ws:", "https:": "wss:" }[url.protocol];
  if (!protocol || !url.hostname) {
    throw new UsageError(`${JSON.stringify(given)} is not a gateway address`, {
      hint: "give it as ws://host:18789 or wss://host",
    });
  }
  if (url.username || url.password) {
    throw new UsageError("credentials do not belong into the address", {
      hint: "give the token with --token, or in OPENCLAW_GATEWAY_TOKEN",
    });
  }
  const bare = url.pathname === "/" && !url.search && !url.hash;
  const address = protocol + url.href.slice(url.protocol.length);
  return bare ? address.replace(/\/$/, "") : address;
}
