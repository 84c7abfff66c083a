// Versions beside each other under a real systemd, as an ordinary user, from a registry on this machine.
//   node slots.ts
import { existsSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { spawn } from "node:child_process";
import { atStart, startRegistry } from "../fakes/registry.ts";
import { checks, has, me, ok, openclaw, run, same, until, type Outcome } from "./machine.ts";

const unit = "openclaw-gateway.service";
const slots = join(me.homedir, "slots");
const launcher = join(slots, "bin", "openclaw.js");
const [first, good, crashing, dead, asked] = [
  "2026.11.21",
  "2026.11.22",
  "2026.11.23",
  "2026.11.24",
  "2026.11.25",
] as const;
const registry = await startRegistry();
const env = { ...process.env, OPENCLAW_UPDATE_REGISTRY: registry.url, OPENCLAW_SLOTS_DIR: slots };
const slotted = (words: string): Promise<Outcome> =>
  run(process.execPath, [launcher, ...words.split(" ")], env);
const property = async (name: string) =>
  (await run("systemctl", ["--user", "show", unit, `--property=${name}`, "--value"])).stdout.trim();
const pid = async () => Number(await property("MainPID"));
const current = () => basename(readlinkSync(join(slots, "current")));
/** Version of the gateway that answers, or null. */
async function serving(): Promise<string | null> {
  const { status } = await slotted("gateway probe");
  const lock = join(me.homedir, ".openclaw", `gateway.${await pid()}.lock`);
  if (status !== 0 || !existsSync(lock)) return null;
  return (JSON.parse(readFileSync(lock, "utf8")) as { version: string }).version;
}
/** The node's own word, and its process. */
async function node(): Promise<{ state: string; version: string | null; pid: number | null }> {
  return JSON.parse((await slotted("node status --json")).stdout) as Awaited<ReturnType<typeof node>>;
}
const isReal = `words.includes("gateway") && !words.includes("--safe") && !words.includes("probe")`;

await checks("versions in slots", [
  [
    "the service runs from the slots' launcher",
    async () => {
      registry.publish({ version: first });
      for (const words of ["gateway.mode local", "gateway.port 18789", "models.detectLocal false"])
        ok(await openclaw(`config set ${words}`), "Set");
      ok(await openclaw(`update --slots --tag ${first}`, env), `openclaw ${first} is current`);
      ok(await slotted("gateway install"), "Service installed and started");
      has("unit", await property("ExecStart"), launcher);
      same("serves", await serving(), first);
    },
  ],
  [
    "a node's service beside it",
    async () => {
      ok(await slotted("node install --url ws://127.0.0.1:18789"), "Service installed and started");
      await until("the node", async () => (await node()).state === "connected", 20_000);
      same("version", (await node()).version, first);
    },
  ],
  [
    "a good version: switched to, restarted by systemd, watched, kept",
    async () => {
      registry.publish({ version: good });
      const before = await pid();
      const { pid: nodeBefore } = await node();
      const started = performance.now();
      ok(await slotted(`update --tag ${good} --watch 3`), `openclaw ${good} is current and running`);
      const ms = Math.round(performance.now() - started);
      same("serves", [await serving(), current()], [good, good]);
      if ((await pid()) === before) throw new Error("the same process");
      await until("the node", async () => (await node()).state === "connected", 20_000);
      same("node", [(await node()).version, (await node()).pid === nodeBefore], [good, false]);
      return `${ms} ms with --watch 3`;
    },
  ],
  [
    "update rollback",
    async () => {
      ok(await slotted("update rollback"), `openclaw ${first} is current again`);
      await until("the version before", async () => (await serving()) === first);
      same("node", (await node()).version, first);
      has("status", (await slotted("update status")).stdout, new RegExp(`Node: +${first}`));
      ok(await slotted(`update --tag ${good} --watch 1`), `openclaw ${good} is current`);
    },
  ],
  [
    "a version that fails within its first minute returns by itself",
    async () => {
      const alter = atStart(`if (${isReal}) setTimeout(() => process.exit(1), 6000);`);
      registry.publish({ version: crashing, alter }, "broken");
      const started = performance.now();
      const taken = await slotted(`update --tag ${crashing} --watch 60`);
      same("exit", taken.status, 1);
      has("message", taken.stderr, `${good} is current again`);
      await until("the version before", async () => (await serving()) === good, 30_000);
      return `back after ${Math.round(performance.now() - started)} ms`;
    },
  ],
  [
    "the updater is killed after the switch, and the new version never starts: systemd and the launcher bring the old one back",
    async () => {
      registry.publish({ version: dead, alter: atStart(`if (${isReal}) process.exit(1);`) }, "broken");
      const journal = join(slots, "update.json");
      const child = spawn(process.execPath, [launcher, "update", "--tag", dead, "--watch", "60"], {
        env,
        stdio: "ignore",
        cwd: "/",
      });
      const ended = new Promise((resolve) => child.once("close", resolve));
      await until(
        "the switch",
        () => existsSync(journal) && readFileSync(journal, "utf8").includes('"phase": "trial"'),
        60_000,
      );
      child.kill("SIGKILL");
      await ended;
      const ms = await until("the version before", async () => (await serving()) === good, 60_000);
      same("current", current(), good);
      same("journal", existsSync(journal), false);
      return `${ms} ms with RestartSec=5`;
    },
  ],
  [
    "update.run over the wire: the update stands beside the service, and outlives its restart",
    async () => {
      registry.publish({ version: asked });
      // The service's environment is its own; the file of the state directory is read by it too.
      writeFileSync(join(me.homedir, ".openclaw", ".env"), `OPENCLAW_UPDATE_REGISTRY=${registry.url}\n`, {
        mode: 0o600,
      });
      ok(await slotted("gateway restart"), "");
      await until("the gateway", async () => (await serving()) === good);
      const before = await pid();
      const params = JSON.stringify({ sessionKey: "main", note: "e2e", restartDelayMs: 500 });
      const answer = await slotted(`gateway call update.run --timeout 120000 --params ${params}`);
      ok(answer, '"status": "ok"');
      has("answer", answer.stdout, `"version": "${asked}"`);
      await until("the new version", async () => (await serving()) === asked, 60_000);
      if ((await pid()) === before) throw new Error("the same process");
      const journal = join(slots, "update.json");
      same("watched", existsSync(journal), true);
      const ms = await until("the end of the watch", () => !existsSync(journal), 90_000);
      const { result, to } = JSON.parse(readFileSync(join(slots, "last.json"), "utf8")) as Record<
        string,
        string
      >;
      same("ended", [result, to, await serving()], ["updated", asked, asked]);
      return `watched for ${ms} ms more`;
    },
  ],
  [
    "uninstall",
    async () => {
      ok(await slotted("node uninstall"), "Service uninstalled");
      ok(await slotted("gateway uninstall"), "Service uninstalled");
    },
  ],
]);
await registry[Symbol.asyncDispose]();
