// A launchctl that keeps its jobs in state.json beside the program (service-managers.ts).
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const file = join(dirname(process.argv[1]), "state.json");
const state = JSON.parse(readFileSync(file, "utf8"));
const [verb, ...args] = process.argv.slice(2);

const end = (code, text = "") => {
  writeFileSync(file, JSON.stringify(state));
  if (text) (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(code);
};
const labelOf = (path) =>
  /<key>Label<\/key>\s*<string>([^<]*)<\/string>/.exec(readFileSync(path, "utf8"))?.[1];
const run = (job) => {
  job.pid = state.exits === undefined ? state.nextPid++ : null;
  if (state.exits !== undefined) job.lastExit = String(state.exits);
};
const bootstrap = (domain, path) => {
  if (state.missingDomains?.includes(domain))
    return [125, "Bootstrap failed: 125: Domain does not support specified action"];
  if (!existsSync(path)) return [5, "Bootstrap failed: 5: Input/output error"];
  const label = labelOf(path);
  if (!label || Object.keys(state.jobs).some((target) => target.endsWith(`/${label}`)))
    return [5, "Bootstrap failed: 5: Input/output error"];
  const job = { path, pid: null };
  state.jobs[`${domain}/${label}`] = job;
  run(job);
  return [0, ""];
};

if (verb === "print") {
  const job = state.jobs[args[0]];
  if (!job)
    end(113, `Bad request.\nCould not find service "${args[0].split("/").at(-1)}" in domain for port`);
  const lines = [
    `${args[0]} = {`,
    "\tactive count = 1",
    `\tpath = ${job.path}`,
    `\tstate = ${job.pid ? "running" : "not running"}`,
  ];
  if (job.pid) lines.push(`\tpid = ${job.pid}`);
  lines.push(`\tlast exit code = ${job.lastExit ?? "(never exited)"}`, "}");
  end(0, lines.join("\n"));
}

state.log.push([verb, ...args].join(" "));
const fails = (count) => count !== undefined && count <= 0;
const failing = fails(state.failAt) || fails(state.failFrom);
if (state.failAt !== undefined) state.failAt = state.failAt > 0 ? state.failAt - 1 : undefined;
if (state.failFrom !== undefined && state.failFrom > 0) state.failFrom--;
// `load` reports success whatever happens, as the real one.
if (failing) end(verb === "load" ? 0 : 9, "asked to fail");

switch (verb) {
  case "enable":
    end(0);
    break;
  case "bootstrap":
    end(...bootstrap(args[0], args[1]));
    break;
  case "load":
    for (const domain of ["gui", "user"].map((kind) => `${kind}/501`))
      if (bootstrap(domain, args.at(-1))[0] === 0) break;
    end(0);
    break;
  case "bootout":
    if (!state.jobs[args[0]]) end(3, "Boot-out failed: 3: No such process");
    delete state.jobs[args[0]];
    end(0);
    break;
  case "unload": {
    const label = labelOf(args.at(-1));
    for (const target of Object.keys(state.jobs)) if (target.endsWith(`/${label}`)) delete state.jobs[target];
    end(0);
    break;
  }
  case "kickstart":
  case "kill": {
    const job = state.jobs[args.at(-1)];
    if (!job) end(113, "Could not find service");
    if (!job.pid || verb === "kill" || args.includes("-k")) run(job);
    end(0);
    break;
  }
  default:
    end(64, `Unrecognized subcommand: ${verb}`);
}
