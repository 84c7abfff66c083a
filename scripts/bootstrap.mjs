#!/usr/bin/env node
// Makes a bare clone ready to run, with nothing but Node and npm on the machine:
//   node scripts/bootstrap.mjs SCRIPT [ARGS…]
// 1. when the Node on PATH is older than package.json "engines", installs the pinned Node from npm into .runtime/;
// 2. installs the dependencies of package-lock.json when node_modules/ does not match it;
// 3. runs SCRIPT under that Node with the same terminal and passes its exit status on.
// Each step is skipped when its result is there already. Written for Node 18 syntax, imports only Node built-ins.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { dirname, join, resolve, delimiter } from "node:path";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const minimum = manifest.engines.node.replace(/^>=/, "");

const older = (a, b) => {
  const [x, y] = [a, b].map((v) => v.replace(/^v/, "").split(".").map(Number));
  for (let i = 0; i < 3; i++) if (x[i] !== y[i]) return x[i] < y[i];
  return false;
};

const fail = (message, hint) => {
  console.error(`openclaw: ${message}${hint ? `\n  ${hint}` : ""}`);
  process.exit(1);
};

function npm(args, cwd, what) {
  console.error(`openclaw: ${what} (npm ${args[0]}) …`);
  // Without a network npm's own patience is more than a minute of silence.
  const patience = ["--fetch-retries=3", "--fetch-retry-mintimeout=1000", "--fetch-retry-factor=3"];
  const run = spawnSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error", ...patience], {
    cwd,
    stdio: ["ignore", "ignore", "pipe"],
    shell: process.platform === "win32",
  });
  if (run.error?.code === "ENOENT")
    fail("npm is not on PATH", "install npm, then run the same command again");
  if (run.status !== 0) {
    const said = String(run.stderr)
      .split("\n")
      .filter((line) => line && !line.startsWith("npm warn"))
      .slice(0, 12);
    fail(
      `${what} failed:\n    ${said.join("\n    ")}`,
      `check the network and \`npm config get registry\`, then: cd ${cwd} && npm ${args[0]}`,
    );
  }
}

/** Path of a Node that satisfies "engines": the running one, else the pinned one, installed when missing. */
export function ensureNode() {
  if (!older(process.version, minimum)) return process.execPath;
  const source = join(root, "scripts", "runtime");
  const pinned = JSON.parse(readFileSync(join(source, "package.json"), "utf8")).optionalDependencies;
  const name = `node-${process.platform}-${process.arch}`;
  if (!pinned[name]) {
    fail(
      `Node ${process.version} is too old (needs ${minimum} or newer) and npm has no binary for ${process.platform}-${process.arch}`,
      "install Node 24 from https://nodejs.org and run the same command again",
    );
  }
  const folder = join(root, ".runtime");
  const binary = join(folder, "node_modules", name, "bin", "node");
  const stamp = join(folder, "installed");
  if (!existsSync(binary) || !existsSync(stamp) || readFileSync(stamp, "utf8") !== pinned[name]) {
    mkdirSync(folder, { recursive: true });
    for (const file of ["package.json", "package-lock.json"])
      writeFileSync(join(folder, file), readFileSync(join(source, file)));
    npm(
      ["ci", "--ignore-scripts"],
      folder,
      `Node ${process.version} is older than ${minimum}: installing Node ${pinned[name]}`,
    );
    // An optional dependency that cannot be fetched is no failure to npm.
    if (!existsSync(binary))
      fail(
        `npm could not fetch Node ${pinned[name]} (${name})`,
        "check the network and `npm config get registry`, then run the same command again; or install Node 24 yourself",
      );
    writeFileSync(stamp, pinned[name]);
  }
  return binary;
}

/** Installs the locked dependencies when node_modules/ was not made from this package-lock.json. */
export function ensureDependencies() {
  const digest = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".openclaw-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  npm(["ci", "--ignore-scripts"], root, "installing dependencies");
  writeFileSync(stamp, digest);
}

/**
 * The processes this one hangs on under npm: the one above and, where that is the shell npm uses, npm itself, which
 * the shell outlives.
 */
function above() {
  const parent = process.ppid;
  try {
    if (readFileSync(`/proc/${parent}/cmdline`, "utf8").split("\0")[1] !== "-c") return String(parent);
    const stat = readFileSync(`/proc/${parent}/stat`, "utf8");
    return `${parent} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]}`;
  } catch {
    return String(parent); // a system without /proc, where npm's shell is replaced by what it runs
  }
}

/**
 * Runs a script under `node` in the foreground; signals reach it through the terminal or are passed on. It ends when npm
 * does, which a kill of npm alone would not bring about. `tether`: it also learns when this process was killed.
 */
export function runUnder(node, script, args, { tether = false } = {}) {
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`;
  const child = spawn(node, [script, ...args], {
    stdio: ["inherit", "inherit", "inherit", ...(tether ? ["ipc"] : [])],
    cwd: root,
    env: { ...process.env, PATH: path },
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  let watch;
  if (process.env.npm_lifecycle_event) {
    const before = above();
    watch = setInterval(() => {
      if (above() === before) return;
      clearInterval(watch);
      child.kill("SIGTERM");
    }, 1000);
  }
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  process.on("SIGHUP", () => {
    if (hasTerminal) child.kill("SIGHUP");
    // `nohup npm start &`, and the window was closed: npm falls to that, what it started is meant to stay.
    else clearInterval(watch);
  });
  child.on("exit", (code, signal) => {
    clearInterval(watch);
    if (!signal) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [script, ...args] = process.argv.slice(2);
  if (!script) fail("usage: node scripts/bootstrap.mjs SCRIPT [ARGS…]");
  const node = ensureNode();
  ensureDependencies();
  runUnder(node, resolve(root, script), args);
}
