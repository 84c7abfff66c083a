// The timers beside a service on a real systemd, as an ordinary user: the sentinel tells, backups are made.
//   node timers.ts
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checks, gatewayStatus, has, me, ok, openclaw, run, same, until } from "./machine.ts";

const folder = join(me.homedir, ".config", "systemd", "user");
const told = join(me.homedir, "told.jsonl");
const unit = "openclaw-gateway.service";
const systemctl = (...words: string[]) => run("systemctl", ["--user", ...words]);
const property = async (name: string, of = unit) =>
  (await systemctl("show", of, `--property=${name}`, "--value")).stdout.trim();
const events = (): string[] =>
  existsSync(told)
    ? [...readFileSync(told, "utf8").matchAll(/"event":"gateway\.(\w+)"/g)].map(([, event]) => event ?? "")
    : [];
const withinMs = 60_000;
let archive = "";

await checks(`${me.username}'s timers`, [
  [
    "no timer without somebody to tell",
    async () => {
      for (const words of ["gateway.mode local", "gateway.port 18789", "models.detectLocal false"])
        ok(await openclaw(`config set ${words}`), "Set");
      ok(await openclaw("gateway install"), "Service installed and started");
      same("timer", existsSync(join(folder, "openclaw-sentinel.timer")), false);
    },
  ],
  [
    "installed, enabled, shown by --dry-run first, and a second time unchanged",
    async () => {
      ok(await openclaw(`config set sentinel.command ["/usr/bin/tee","-a","${told}"]`), "Set");
      has("status", (await openclaw("gateway status")).stdout, "no timer starts it");
      const dry = await openclaw("gateway install --dry-run");
      has("plan", dry.stdout, "enable openclaw-sentinel.timer");
      same("nothing written", existsSync(join(folder, "openclaw-sentinel.timer")), false);
      ok(await openclaw("gateway install"), "tells you when it is down");
      same("enabled", (await systemctl("is-enabled", "openclaw-sentinel.timer")).stdout.trim(), "enabled");
      const verified = await run("systemd-analyze", [
        "--user",
        "verify",
        join(folder, "openclaw-sentinel.service"),
        join(folder, "openclaw-sentinel.timer"),
      ]);
      same("verify", verified.stderr, "");
      has("status", (await openclaw("gateway status")).stdout, "openclaw-sentinel.timer, every 15 s");
      same("extra", (await gatewayStatus("--deep")).extraServices, []);
    },
  ],
  [
    "a gateway that is well is no news",
    async () => {
      await until(
        "the first look",
        async () => (await property("ExecMainExitTimestampMonotonic", "openclaw-sentinel.service")) !== "0",
        withinMs,
      );
      same("told", events(), []);
    },
  ],
  [
    "hung: told within 60 s, and that it is over",
    async () => {
      mkdirSync(join(folder, `${unit}.d`), { recursive: true });
      writeFileSync(join(folder, `${unit}.d`, "no.conf"), "[Service]\nRestart=no\nWatchdogSec=0\n");
      await systemctl("daemon-reload");
      ok(await openclaw("gateway restart"), "Service restarted");
      const pid = Number(await property("MainPID"));
      process.kill(pid, "SIGSTOP");
      const ms = await until("the news of a hung gateway", () => events().includes("hung"), withinMs);
      process.kill(pid, "SIGCONT");
      await until("the news that it is over", () => events().includes("recovered"), withinMs);
      return `told after ${ms} ms`;
    },
  ],
  [
    "dead: told within 60 s, once",
    async () => {
      rmSync(told);
      process.kill(Number(await property("MainPID")), "SIGKILL");
      const ms = await until("the news of a dead gateway", () => events().includes("dead"), withinMs);
      const looks = await property("ExecMainStartTimestampMonotonic", "openclaw-sentinel.service");
      await until(
        "another look",
        async () =>
          (await property("ExecMainStartTimestampMonotonic", "openclaw-sentinel.service")) !== looks,
        withinMs,
      );
      same("told", events(), ["dead"]);
      return `told after ${ms} ms`;
    },
  ],
  [
    "a hand-edited timer is found and mended",
    async () => {
      const path = join(folder, "openclaw-sentinel.timer");
      writeFileSync(path, readFileSync(path, "utf8").replace("OnUnitActiveSec=15", "OnUnitActiveSec=86400"));
      has("status", (await openclaw("gateway status")).stdout, "openclaw-sentinel.timer differs");
      ok(await openclaw("gateway install"), "Service already installed");
      has("timer", readFileSync(path, "utf8"), "OnUnitActiveSec=15\n");
    },
  ],
  [
    "a scheduled backup is made with the gateway down, by the timer, and is whole",
    async () => {
      const unit = "openclaw-backup.service";
      ok(await openclaw("gateway stop"), "Service stopped");
      ok(await openclaw("backup schedule --every 1d --keep 2"), "openclaw-backup.timer");
      const verified = await run("systemd-analyze", [
        "--user",
        "verify",
        join(folder, unit),
        join(folder, "openclaw-backup.timer"),
      ]);
      same("verify", verified.stderr, "");
      const schedule = async () =>
        JSON.parse((await openclaw("backup schedule --json")).stdout) as {
          record: { last: { path: string } | null };
          timer: { active: boolean; drift: string | null };
        };
      const ms = await until("a backup", async () => (await schedule()).record.last !== null, withinMs);
      const { record, timer } = await schedule();
      same("timer", [timer.active, timer.drift], [true, null]);
      archive = record.last?.path ?? "";
      ok(await openclaw(`backup verify ${archive}`), "whole");
      same("result", await property("Result", unit), "success");
      ok(await openclaw("backup schedule --off"), "No backup is scheduled any more");
      same("left", (await systemctl("list-timers", "--all", "openclaw-backup*", "--no-legend")).stdout, "");
      return `made after ${ms} ms`;
    },
  ],
  [
    "restore --boot: with the service running, one command to a service that answers and is on hold",
    async () => {
      ok(await openclaw("gateway start"), "Service started");
      const before = await property("MainPID");
      const started = performance.now();
      const booted = await openclaw(`backup restore ${archive} --force --yes --boot --json`);
      const ms = Math.round(performance.now() - started);
      same("exit", [booted.status, booted.stderr], [0, ""]);
      const answer = JSON.parse(booted.stdout) as {
        movedAside: string;
        boot: { service: string; url: string };
        release: string[];
      };
      same("service", [answer.boot.service, answer.release[1]], [unit, "openclaw backup release"]);
      has("address", answer.boot.url, /^http:\/\/127\.0\.0\.1:18789\/\?token=./);
      same("old state", existsSync(join(answer.movedAside, "openclaw.json")), true);
      if ((await property("MainPID")) === before) throw new Error("the same process");
      has("held", (await openclaw("backup held")).stdout, "stay off until openclaw backup release");
      for (const [words, said] of [
        ["gateway stop", "Service stopped"],
        ["backup release --yes", "Released"],
        ["gateway start", "Service started"],
      ] as const)
        ok(await openclaw(words), said);
      same("probe", (await openclaw("gateway probe")).status, 0);
      return `${ms} ms from archive to answer`;
    },
  ],
  [
    "restore --boot of a broken archive: the service runs again on the old state",
    async () => {
      const broken = join(me.homedir, "broken.tar.gz");
      writeFileSync(broken, readFileSync(archive).subarray(0, 400));
      const refused = await openclaw(`backup restore ${broken} --force --yes --boot`);
      same("exit", refused.status, 1);
      same("runs", (await openclaw("gateway probe")).status, 0);
    },
  ],
  [
    "uninstall removes the timers' files and links",
    async () => {
      ok(await openclaw("gateway uninstall"), "Service uninstalled");
      const left = (
        await run("find", [join(me.homedir, ".config", "systemd"), "-name", "openclaw-sentinel*"])
      ).stdout;
      same("left", left, "");
      same(
        "loaded",
        (
          await systemctl("list-units", "--all", "--plain", "--no-legend", "openclaw-sentinel*")
        ).stdout.trim(),
        "",
      );
    },
  ],
]);
