// Set up and removed again on a real systemd: nothing is written before it is confirmed, twice changes nothing, and after
// `uninstall` the files of this machine are those from before, less nothing and more nothing.
//   node coming-and-going.ts
import { spawn } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checks, has, me, ok, openclaw, run, same, until, type Outcome } from "./machine.ts";

const home = me.homedir;
const stateDir = join(home, ".openclaw");
const configPath = join(stateDir, "openclaw.json");
const program = new URL("../../bin/openclaw.js", import.meta.url).pathname;
const onboard = "onboard --non-interactive --accept-risk --install-daemon --json";
/** Where a program of this kind could leave something. */
const places = [home, "/etc", "/var/lib", "/tmp", "/var/tmp", "/usr/local", "/opt", "/srv"];
const before = tree();

await checks(`${me.username} comes and goes`, [
  [
    "Ctrl-C in the middle of the questions: nothing is written",
    async () => {
      const asked = interactive("onboard --install-daemon");
      await until("the first question", () => asked.text().includes("An agent acts"), 20_000);
      asked.type("y");
      await until("the second question", () => asked.text().includes("How much to ask"), 20_000);
      asked.type("\u0003");
      same("exit", await asked.ended, 1);
      has("last words", asked.text(), "nothing was written");
      same(
        "new files",
        added(),
        [join(stateDir, "onboarding.json")].filter((path) => existsSync(path)),
      );
      has(
        "what stays is",
        existsSync(configPath) ? "the configuration" : "no configuration",
        "no configuration",
      );
      ok(await openclaw("uninstall --yes"), "");
      same("afterwards", changes(), []);
    },
  ],
  [
    "a file nobody can read: it says where, and touches nothing",
    async () => {
      await run("mkdir", ["-p", stateDir]);
      writeFileSync(configPath, "{ gateway: { port: 18789, \n");
      const refused = await openclaw(onboard);
      same("exit", refused.status, 1);
      has("message", refused.stderr + refused.stdout, /not valid JSON5.*2:1.*openclaw\.json/);
      same("file", readFileSync(configPath, "utf8"), "{ gateway: { port: 18789, \n");
      same("service", existsSync(unitFile()), false);
      await run("rm", ["-r", stateDir]);
      same("afterwards", changes(), []);
    },
  ],
  [
    "onboard --install-daemon without a network: a gateway that answers",
    async () => {
      ok(await openclaw(onboard), "");
      ok(await openclaw("gateway probe"), "");
      ok(await openclaw("agent -m hello"), "");
    },
  ],
  [
    "twice: nothing changes",
    async () => {
      const [config, pid] = [readFileSync(configPath, "utf8"), await mainPid()];
      ok(await openclaw(onboard), "");
      same("configuration", readFileSync(configPath, "utf8"), config);
      same("process", await mainPid(), pid);
    },
  ],
  [
    "with timers, a node and a workspace elsewhere",
    async () => {
      ok(await openclaw("backup schedule --every 1d --keep 2"), "");
      ok(await openclaw("gateway install --sentinel"), "");
      ok(await openclaw("node install --url ws://127.0.0.1:18789"), "");
      ok(await openclaw(`config set agents.defaults.workspace ${home}/work`), "");
      await run("mkdir", ["-p", `${home}/work`]);
      writeFileSync(join(home, "work", "mine.txt"), "x");
    },
  ],
  [
    "uninstall --service-only leaves what is kept",
    async () => {
      const listed = await planned("--service-only");
      ok(await openclaw("uninstall --service-only --yes"), "Removed");
      same("config", existsSync(configPath), true);
      same("units", units(), []);
      same(
        "listed",
        listed.filter((path) => !path.includes("systemd") && !path.endsWith("service.env")),
        [],
      );
      ok(await openclaw(onboard), "");
      ok(await openclaw("node install --url ws://127.0.0.1:18789"), "");
    },
  ],
  [
    "uninstall --workspace: everything it listed goes, and nothing else changes",
    async () => {
      const listed = await planned("--workspace");
      const present = tree();
      ok(await openclaw("uninstall --workspace --yes"), "Removed");
      const now = tree();
      const gone = [...present.keys()].filter((path) => !now.has(path));
      // A folder goes with the last that was in it.
      const unlisted = gone.filter(
        (path) =>
          present.get(path) !== "folder" &&
          !listed.some((each) => path === each || path.startsWith(`${each}/`)),
      );
      same("gone without being listed", unlisted, []);
      same(
        "listed and still there",
        listed.filter((path) => now.has(path)),
        [],
      );
      same("against the time before", changes(), []);
      const { stdout } = await run("systemctl", [
        "--user",
        "list-units",
        "--all",
        "openclaw*",
        "--plain",
        "--no-legend",
      ]);
      same("units in memory", stdout, "");
      const { stdout: processes } = await run("pgrep", [
        "-u",
        me.username,
        "-f",
        "openclaw.js (gateway|node)",
      ]);
      same("processes", processes, "");
      return `${gone.length} files of ${listed.length} listed places`;
    },
  ],
  [
    "again: there is nothing to remove",
    async () => ok(await openclaw("uninstall --yes"), "Nothing to remove"),
  ],
]);

function unitFile(): string {
  return join(home, ".config", "systemd", "user", "openclaw-gateway.service");
}

function units(): string[] {
  const folder = join(home, ".config", "systemd", "user");
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .map(String)
        .filter((name) => name.includes("openclaw"))
    : [];
}

async function mainPid(): Promise<string> {
  const { stdout } = await run("systemctl", [
    "--user",
    "show",
    "openclaw-gateway.service",
    "--property=MainPID",
    "--value",
  ]);
  return stdout.trim();
}

/** Files that `uninstall --dry-run` names. */
async function planned(flags: string): Promise<string[]> {
  const outcome: Outcome = await openclaw(`uninstall ${flags} --dry-run --json`);
  ok(outcome, "planned");
  const { service, remove } = JSON.parse(outcome.stdout) as {
    service: Array<{ kind: "remove"; path: string } | { kind: "command"; text: string }>;
    remove: Array<{ path: string }>;
  };
  const steps = service.flatMap((step) => {
    if (step.kind === "remove") return [step.path];
    return step.text.includes("disable-linger") ? [`/var/lib/systemd/linger/${me.username}`] : [];
  });
  return [...steps, ...remove.map(({ path }) => path)];
}

/** Every file and folder below the places, with what would tell a change of it. */
function tree(): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (path: string) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat || path.startsWith("/tmp/node-compile-cache")) return;
    found.set(path, stat.isDirectory() ? "folder" : `${stat.size} ${stat.mtimeMs}`);
    if (!stat.isDirectory()) return;
    let names: string[] = [];
    try {
      names = readdirSync(path);
    } catch {
      // Not ours to read: nor ours to have written.
    }
    for (const name of names) visit(join(path, name));
  };
  places.forEach(visit);
  return found;
}

function added(): string[] {
  return [...tree()].flatMap(([path, what]) => (before.has(path) || what === "folder" ? [] : [path]));
}

/** What differs from the time before anything was done. */
function changes(): string[] {
  const now = tree();
  return [
    ...[...now].flatMap(([path, what]) =>
      before.get(path) === what ? [] : [`${before.has(path) ? "changed" : "new"} ${path}`],
    ),
    ...[...before.keys()].flatMap((path) => (now.has(path) ? [] : [`gone ${path}`])),
  ];
}

/** The command on a terminal. */
function interactive(words: string): { text(): string; type(keys: string): void; ended: Promise<number> } {
  let text = "";
  const command = `stty cols 100 rows 40; ${process.execPath} ${program} ${words}`;
  const child = spawn("script", ["-qefc", command, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    cwd: "/",
  });
  child.stdout.on("data", (part: Buffer) => (text += part.toString()));
  return {
    text: () => text,
    type: (keys) => void child.stdin.write(keys),
    ended: new Promise((resolve) => child.once("close", (code) => resolve(code ?? -1))),
  };
}
