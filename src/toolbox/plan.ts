import { createHash } from "node:crypto";
import { join } from "node:path";
import { findBinary } from "../guard/index.ts";
import type { InstallWay } from "./way.ts";

/** What an installation would do; made from a skill file's words after each passed a strict grammar. */
export interface InstallPlan {
  kind: "brew" | "node" | "go" | "uv" | "download";
  /** What is done, as people read it. */
  shown: string;
  /** Programs that must be there afterwards. */
  bins: string[];
  /** Folder of its own below the toolbox; null for a package manager of the machine. */
  folder: string | null;
  work:
    | { program: string; args: string[]; env: Readonly<Record<string, string>> }
    | { url: URL; sha256: string };
  /** Names exactly this plan: what was shown is what is done. */
  digest: string;
}

/** A plan, or why there is none and what to do instead. */
export type InstallOffer = { plan: InstallPlan; refused?: undefined } | { plan?: undefined; refused: string };

export interface InstallHost {
  /** Absolute path of the toolbox, `<state>/tools`. */
  dir: string;
  platform: string;
  /** Where package managers are looked for. */
  folders: readonly string[];
  /** The Node that runs now: its npm is used, and what npm brings runs with it. */
  node: string;
}

// Each word goes into an argument list as it is, so none may look like an option, a path or an address.
const grammar = {
  bin: /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/,
  /** A formula, or one of a tap. */
  formula: /^(?:[a-z0-9][a-z0-9_-]{0,60}\/[a-z0-9][a-z0-9_-]{0,60}\/)?[a-z0-9][a-z0-9+._@-]{0,100}$/,
  /** A name of the registry, with a version or a tag: no range, file, repository or address. */
  npm: /^(?:@[a-z0-9][a-z0-9._-]{0,100}\/)?[a-z0-9][a-z0-9._-]{0,100}(?:@[A-Za-z0-9][A-Za-z0-9.+_-]{0,60})?$/,
  module:
    /^[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+(?:\/[A-Za-z0-9][A-Za-z0-9._~-]*)+(?:@(?:latest|v\d[0-9A-Za-z.+-]*))?$/,
  /** A name of the index (PEP 508), with extras and an exact version. */
  python:
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,100}[A-Za-z0-9])?(?:\[[A-Za-z0-9._,-]{1,60}\])?(?:==[0-9A-Za-z][0-9A-Za-z.!+]{0,40})?$/,
  sha256: /^[0-9a-f]{64}$/i,
};

/** Settings of the person's shell and files do not count: what is shown is what is asked for. */
const brewEnv = {
  HOMEBREW_NO_ANALYTICS: "1",
  HOMEBREW_NO_AUTO_UPDATE: "1",
  HOMEBREW_NO_INSTALL_CLEANUP: "1",
  NONINTERACTIVE: "1",
};

/** What one way would do on this machine. Pure but for looking whether its package manager is there. */
export function planInstall(way: InstallWay, host: InstallHost): InstallOffer {
  if (host.platform === "win32") return { refused: "on Windows programs are installed by hand" };
  if (way.os.length > 0 && !way.os.includes(host.platform))
    return { refused: `it is for ${way.os.join(", ")}` };
  const odd = way.bins.find((bin) => !grammar.bin.test(bin));
  if (odd !== undefined) return { refused: `${JSON.stringify(odd.slice(0, 80))} is no name of a program` };
  if (way.bins.length === 0) return { refused: "the skill does not say which programs it brings" };
  const made = Object.hasOwn(methods, way.kind) ? methods[way.kind]?.(way, host) : undefined;
  if (made === undefined)
    return {
      refused: `${JSON.stringify(way.kind.slice(0, 40))} is no way this version knows; install it by hand`,
    };
  if ("refused" in made) return made;
  const { bins } = way;
  const digest = createHash("sha256")
    .update(
      JSON.stringify([
        made.kind,
        bins,
        made.folder,
        "url" in made.work ? [made.work.url.href, made.work.sha256] : made.work,
      ]),
    )
    .digest("hex");
  return { plan: { ...made, bins, digest } };
}

type Made = Omit<InstallPlan, "bins" | "digest"> | { refused: string };

const methods: Readonly<Record<string, (way: InstallWay, host: InstallHost) => Made>> = {
  brew(way, host) {
    const formula = way.what["formula"] ?? way.what["package"] ?? "";
    if (!grammar.formula.test(formula)) return badName("formula", formula);
    const work = { args: ["install", "--formula", formula], env: brewEnv };
    return withManager("brew", host, (program) => ({
      kind: "brew",
      shown: `brew install --formula ${formula}`,
      folder: null,
      work: { program, ...work },
    }));
  },
  node(way, host) {
    const name = way.what["package"] ?? "";
    if (!grammar.npm.test(name)) return badName("package", name);
    const folder = folderOf("node", name);
    const args = [
      "install",
      "--prefix",
      join(host.dir, folder),
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--no-update-notifier",
      "--loglevel=error",
      "--fetch-retries=1",
      "--fetch-retry-mintimeout=500",
      name,
    ];
    return withManager("npm", host, (program) => ({
      kind: "node",
      shown: `npm install --ignore-scripts ${name}   (into ${join(host.dir, folder)})`,
      folder,
      work: { program, args, env: {} },
    }));
  },
  go(way, host) {
    const named = way.what["module"] ?? way.what["package"] ?? "";
    if (!grammar.module.test(named)) return badName("module", named);
    const name = named.includes("@") ? named : `${named}@latest`;
    const folder = folderOf("go", name);
    const dir = join(host.dir, folder);
    // Without cgo nothing of the module runs while it is built.
    const env = {
      GOBIN: join(dir, "bin"),
      GOPATH: join(dir, "path"),
      GOCACHE: join(dir, "cache"),
      GOENV: "off",
      CGO_ENABLED: "0",
      GOTOOLCHAIN: "local",
    };
    return withManager("go", host, (program) => ({
      kind: "go",
      shown: `go install ${name}   (into ${dir})`,
      folder,
      work: { program, args: ["install", name], env },
    }));
  },
  uv(way, host) {
    const name = way.what["package"] ?? "";
    if (!grammar.python.test(name)) return badName("package", name);
    const folder = folderOf("uv", name);
    const dir = join(host.dir, folder);
    const env = { UV_TOOL_DIR: join(dir, "tools"), UV_TOOL_BIN_DIR: join(dir, "bin") };
    // Only built packages: building one runs its code.
    const args = ["tool", "install", "--no-config", "--no-build", "--force", name];
    return withManager("uv", host, (program) => ({
      kind: "uv",
      shown: `uv tool install --no-build ${name}   (into ${dir})`,
      folder,
      work: { program, args, env },
    }));
  },
  download(way, host) {
    const { url: address = "", sha256 = "", archive } = way.what;
    const url = URL.parse(address);
    if (url?.protocol !== "https:" || url.username !== "" || url.password !== "")
      return badName("url", address);
    const name = url.pathname.split("/").at(-1) ?? "";
    if (archive !== undefined || /\.(?:zip|tar|t?gz|t?bz2|t?xz|7z)$/i.test(name))
      return { refused: `it is an archive; unpack it by hand: ${url.href}` };
    if (!grammar.sha256.test(sha256))
      return { refused: `the skill names no sha256 to check it by; install it by hand: ${url.href}` };
    if (way.bins.length !== 1) return { refused: "one file is one program, and the skill names several" };
    const folder = folderOf("download", url.href);
    return {
      kind: "download",
      shown: `download ${url.href}   (sha256 ${sha256.slice(0, 12)}…, into ${join(host.dir, folder)})`,
      folder,
      work: { url, sha256: sha256.toLowerCase() },
    };
  },
};

function withManager(name: string, host: InstallHost, make: (program: string) => Made): Made {
  const program = findBinary(name, host.folders);
  return program === null ? { refused: `${name} is not installed` } : make(program);
}

function badName(key: string, value: string): Made {
  return {
    refused:
      value === ""
        ? `the skill names no ${key}`
        : `its ${key} ${JSON.stringify(value.slice(0, 120))} is not taken`,
  };
}

/** A folder for exactly this thing: two installations never share one. */
function folderOf(kind: string, name: string): string {
  const readable = name
    .replaceAll(/[^A-Za-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 40);
  return join(kind, `${readable}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`);
}
