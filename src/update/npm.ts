import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { OpenClawError, UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { buildChildEnv, findBinary, runProcess, searchPath } from "../guard/index.ts";
import { makeDirectory } from "../state/index.ts";
import { checkVersion } from "./versions.ts";

export interface Published {
  version: string;
  /** Subresource integrity with SHA-512, from the registry's metadata. */
  integrity: string;
  /** `engines.node`, as published. */
  node: string | null;
}

/** The package registry, through npm: logins, mirrors and certificates are those npm is configured with. */
export interface Registry {
  /** What a tag (`latest`, `beta`) or version names. @throws UserError UPDATE_NOT_FOUND; OpenClawError UPDATE_FETCH_FAILED */
  look(tag: string): Promise<Published>;
  /** Puts the package into `stage/node_modules`, after its bytes were compared with the published digest. */
  fetch(published: Published, stage: string): Promise<void>;
}

/**
 * @param options.cacheDir a folder of our own: npm works in it, so that no project's `.npmrc` counts
 * @param options.registry instead of the one npm is configured with
 * @throws UserError UPDATE_NPM_MISSING
 */
export function openRegistry(options: {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  signal: AbortSignal;
  cacheDir: string;
  registry: string | null;
}): Registry {
  const { clock, signal, cacheDir } = options;
  const beside = dirname(process.execPath);
  const npm = findBinary("npm", searchPath([beside]));
  if (npm === null) {
    throw new UserError("UPDATE_NPM_MISSING", "npm is needed for an update and is not installed", {
      hint: "install Node 24 with npm from https://nodejs.org",
    });
  }
  // Scripts off, environment of our own (threats.md 4.9, 4.18); npm itself runs with the Node that runs now.
  const env = buildChildEnv({ source: options.env, pathPrepend: [beside] });
  const common = [
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=500",
    `--cache=${join(cacheDir, "npm")}`,
    ...(options.registry === null ? [] : [`--registry=${options.registry}`]),
  ];
  const run = async (args: string[], cwd: string) => {
    makeDirectory(cwd);
    const limits = { clock, signal, timeoutMs: 300_000 };
    return await runProcess({ file: npm, args: [...args, ...common], cwd, env }, limits);
  };
  const failed = (what: string, output: string): OpenClawError =>
    new OpenClawError("UPDATE_FETCH_FAILED", `${what}: ${lastWords(output)}`, { retryable: true });
  return {
    async look(tag) {
      const ended = await run(["view", `openclaw@${tag}`, "--json", "version", "dist", "engines"], cacheDir);
      signal.throwIfAborted();
      if (/E404|ETARGET/.test(ended.output) || (ended.exitCode === 0 && ended.stdout.trim() === "")) {
        throw new UserError("UPDATE_NOT_FOUND", `the registry has no openclaw ${JSON.stringify(tag)}`, {
          hint: "openclaw update --channel stable",
        });
      }
      if (ended.exitCode !== 0) throw failed("the registry cannot be asked", ended.output);
      return published(ended.stdout);
    },
    async fetch({ version, integrity }, stage) {
      const packed = await run(
        ["pack", `openclaw@${version}`, "--json", `--pack-destination=${stage}`],
        cacheDir,
      );
      signal.throwIfAborted();
      if (packed.exitCode !== 0) throw failed(`openclaw ${version} cannot be fetched`, packed.output);
      const name = readdirSync(stage).find((each) => each.endsWith(".tgz"));
      if (name === undefined) throw failed(`openclaw ${version} cannot be fetched`, "npm wrote no archive");
      checkDigest(readFileSync(join(stage, name)), integrity, version);
      const args = ["install", `./${name}`, `--prefix=${stage}`, "--omit=dev", "--no-package-lock"];
      const installed = await run(args, stage);
      signal.throwIfAborted();
      if (installed.exitCode !== 0) throw failed(`openclaw ${version} cannot be unpacked`, installed.output);
      checkContents(join(stage, "node_modules", "openclaw"), version);
    },
  };
}

function published(text: string): Published {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null; // Falls through to the refusal below.
  }
  const one = Array.isArray(value) ? value.at(-1) : value;
  const dist = isObject(one) && isObject(one.dist) ? one.dist : {};
  const engines = isObject(one) && isObject(one.engines) ? one.engines : {};
  if (!isObject(one) || typeof one.version !== "string")
    throw new OpenClawError("UPDATE_FETCH_FAILED", "the registry's answer cannot be understood");
  const integrity = dist.integrity;
  if (typeof integrity !== "string" || !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity)) {
    throw new UserError(
      "UPDATE_DIGEST",
      `the registry tells no SHA-512 digest of openclaw ${one.version.slice(0, 60)}`,
      { hint: "nothing was changed; use a registry that publishes digests" },
    );
  }
  return {
    version: checkVersion(one.version),
    integrity,
    node: typeof engines.node === "string" ? engines.node : null,
  };
}

function checkDigest(bytes: Uint8Array, integrity: string, version: string): void {
  const digest = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (digest === integrity) return;
  throw new UserError(
    "UPDATE_DIGEST",
    `what was fetched as openclaw ${version} is not what its digest says`,
    { hint: "nothing was changed; do not install this package by hand either" },
  );
}

/** @throws UserError UPDATE_BROKEN */
function checkContents(folder: string, version: string): void {
  const missing = ["package.json", "bin/openclaw.js", "dist/cli.js"].filter(
    (name) => !existsSync(join(folder, name)),
  );
  if (missing.length > 0)
    throw new UserError("UPDATE_BROKEN", `openclaw ${version} lacks ${missing.join(", ")}`);
  const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (isObject(manifest) && manifest.name === "openclaw" && manifest.version === version) return;
  const told = isObject(manifest) ? String(manifest.version).slice(0, 60) : "nothing";
  throw new UserError("UPDATE_BROKEN", `the package published as openclaw ${version} calls itself ${told}`);
}

function lastWords(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.replace(/^npm (?:error|ERR!) ?/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("A complete log"));
  return lines.slice(0, 3).join("; ").slice(0, 400) || "no reason was given";
}
