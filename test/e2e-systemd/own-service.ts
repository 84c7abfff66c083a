// A service of one's own on a real systemd, as root or as an ordinary user. Run by run.ts inside with-systemd.
//   node own-service.ts PORT
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  checks,
  gatewayStatus,
  has,
  holdsFor,
  me,
  ok,
  openclaw,
  run,
  same,
  stranger,
  until,
} from "./machine.ts";
import { nodeChecks } from "./node-checks.ts";

const port = Number(process.argv[2] ?? 18_789);
const unit = "openclaw-gateway.service";
const unitFile = join(me.homedir, ".config", "systemd", "user", unit);
const secretsFile = join(me.homedir, ".openclaw", "service.env");
const systemctl = (...words: string[]) => run("systemctl", ["--user", ...words]);
const property = async (name: string) =>
  (await systemctl("show", unit, `--property=${name}`, "--value")).stdout.trim();
const pid = async () => Number(await property("MainPID"));
const journal = async () =>
  (
    await run(
      "journalctl",
      me.uid === 0 ? ["--user-unit", unit, "--no-pager"] : ["--user", "-u", unit, "--no-pager"],
    )
  ).stdout;
const running = async () => (await gatewayStatus()).probe === "ok";
/** A new process within the time, and answering. */
const another = (before: number, withinMs: number) =>
  until("a new process", async () => ((await pid()) || before) !== before && running(), withinMs);

await checks(`${me.username}'s own service`, [
  [
    "a gateway that nobody configured is not installed",
    async () => {
      const refused = await openclaw("gateway install");
      same("exit", refused.status, 1);
      has("message", refused.stderr, "Gateway start blocked: set gateway.mode=local");
      same("unit", existsSync(unitFile), false);
      ok(await openclaw("config set gateway.mode local"), "Set");
      ok(await openclaw(`config set gateway.port ${port}`), "Set");
      ok(await openclaw("config set models.detectLocal false"), "Set");
    },
  ],
  [
    "install, lingering, start, ready",
    async () => {
      ok(await openclaw("gateway install"), "Service installed and started");
      same("mode", (statSync(unitFile).mode & 0o777).toString(8), "600");
      has(
        "linger",
        (await run("loginctl", ["show-user", me.username, "--property=Linger"])).stdout,
        "Linger=yes",
      );
      // Type=notify: when the command came back the gateway answers.
      same("answers", await running(), true);
      const state = await gatewayStatus();
      same("runtime", [state.runtime, state.service.pid, state.service.drift], ["running", await pid(), []]);
      same(
        "type and status",
        [await property("Type"), await property("StatusText")],
        ["notify", `listening on 127.0.0.1:${port}`],
      );
      has("verify", `${(await run("systemd-analyze", ["--user", "verify", unitFile])).stderr}.`, /^\.$/);
    },
  ],
  [
    "again changes nothing",
    async () => {
      const before = await pid();
      ok(await openclaw("gateway install"), "Service already installed; it runs");
      same("pid", await pid(), before);
    },
  ],
  [
    "kill -9 → back within RestartSec",
    async () => {
      const before = await pid();
      process.kill(before, "SIGKILL");
      const ms = await another(before, 9000);
      return `${ms} ms with RestartSec=5`;
    },
  ],
  [
    "stop stays stopped",
    async () => {
      ok(await openclaw("gateway stop"), "Service stopped");
      same("result", await property("Result"), "success");
      await holdsFor(6500, "being stopped", async () => (await property("ActiveState")) === "inactive");
      same("runtime", (await gatewayStatus()).runtime, "stopped");
      ok(await openclaw("gateway stop"), "Service is already stopped");
      ok(await openclaw("gateway start"), "Service started");
      same("answers", await running(), true);
      ok(await openclaw("gateway start"), "Service is already running");
    },
  ],
  [
    "restart is a new process that answers",
    async () => {
      const before = await pid();
      const started = performance.now();
      ok(await openclaw("gateway restart"), "Service restarted");
      const ms = Math.round(performance.now() - started);
      same("answers", await running(), true);
      if ((await pid()) === before) throw new Error("the same process");
      return `${ms} ms`;
    },
  ],
  [
    "the log is in the journal",
    async () => has("journal", await journal(), `Gateway started on ws://127.0.0.1:${port}`),
  ],
  [
    "a stuck event loop is replaced by the watchdog",
    async () => {
      const folder = `${unitFile}.d`;
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "watchdog.conf"), "[Service]\nWatchdogSec=2\nRestartSec=1\n");
      await systemctl("daemon-reload");
      ok(await openclaw("gateway restart"), "Service restarted");
      await holdsFor(3000, "a fed watchdog", async () => (await property("NRestarts")) === "0");
      const before = await pid();
      process.kill(before, "SIGSTOP");
      const ms = await another(before, 12_000);
      await run("rm", ["-r", folder]);
      await systemctl("daemon-reload");
      return `${ms} ms with WatchdogSec=2`;
    },
  ],
  [
    "a configuration that refuses the start is not tried again and again",
    async () => {
      // Stopped first: a running one would take the change back by itself, sooner or later than this restart.
      ok(await openclaw("gateway stop"), "");
      ok(await openclaw("config unset gateway.mode"), "gateway.mode");
      const refused = await openclaw("gateway start");
      same("exit", refused.status, 1);
      has("message", refused.stderr, "exit-code, status 78");
      const failed = async () => `${await property("ActiveState")} ${await property("ExecMainStatus")}`;
      same("state", await failed(), "failed 78");
      await holdsFor(6000, "not being retried", async () => (await failed()) === "failed 78");
      const state = await gatewayStatus();
      same("runtime", state.runtime, "exited");
      has("last error", state.lastError ?? "", "Gateway start blocked");
      has("journal", await journal(), "Gateway start blocked: set gateway.mode=local");
      ok(await openclaw("config set gateway.mode local"), "Set");
    },
  ],
  [
    "a port held by a stranger is not tried again either",
    async () => {
      await openclaw("gateway stop");
      const end = await stranger(port);
      const refused = await openclaw("gateway start");
      end();
      same("exit", refused.status, 1);
      has("message", refused.stderr, "status 78");
      ok(await openclaw("gateway start"), "Service started");
    },
  ],
  [
    "drift of port and token is found, and mended in one step",
    async () => {
      ok(await openclaw(`config set gateway.port ${port + 1}`), "Set");
      const [first] = (await gatewayStatus()).service.drift;
      same("drift", [first?.what, first?.repair], ["port", "openclaw gateway install --force"]);
      const plain = await openclaw("gateway install");
      same("exit without --force", plain.status, 1);
      ok(await openclaw("gateway install --force"), "Service installed and started");
      const mended = await gatewayStatus();
      same("mended", [mended.port, mended.probe, mended.service.drift], [port + 1, "ok", []]);
      const token = "service-token-0123456789abcdef";
      ok(await openclaw(`gateway install --force --token ${token}`), "Service installed and started");
      same("secrets' mode", (statSync(secretsFile).mode & 0o777).toString(8), "600");
      if (readFileSync(unitFile, "utf8").includes(token)) throw new Error("the unit holds the token");
      same(
        "token drift",
        (await gatewayStatus()).service.drift.map(({ what }) => what),
        ["token"],
      );
      const health = await openclaw("gateway probe", { ...process.env, OPENCLAW_GATEWAY_TOKEN: token });
      same("the service's token counts", health.status, 0);
      ok(await openclaw("gateway install --force"), "Service installed and started");
      same("mended", (await gatewayStatus()).service.drift, []);
      same("no secrets left", existsSync(secretsFile), false);
    },
  ],
  [
    "older and foreign services are found; those of profiles are not",
    async () => {
      const folder = join(unitFile, "..");
      const text = readFileSync(unitFile, "utf8");
      writeFileSync(join(folder, "clawdbot-gateway.service"), text);
      writeFileSync(
        join(folder, "openclaw-gateway-work.service"),
        text.replaceAll(".openclaw", ".openclaw-work"),
      );
      writeFileSync(join(folder, "mine.service"), text.replaceAll(`${me.homedir}/.openclaw`, "/srv/bot"));
      const { extraServices } = await gatewayStatus("--deep");
      same(
        "found",
        extraServices.map((line) => line.split(" ")[0]),
        ["clawdbot-gateway.service", "mine.service"],
      );
      ok(await openclaw("gateway install --force"), "removed clawdbot-gateway.service");
      await run("rm", ["-f", join(folder, "mine.service"), join(folder, "openclaw-gateway-work.service")]);
    },
  ],
  // Once is enough: as the ordinary user.
  ...(me.uid === 0 ? [] : nodeChecks),
  [
    "uninstall leaves nothing but the state",
    async () => {
      const before = await pid();
      ok(await openclaw("gateway uninstall"), "Service uninstalled");
      same(
        "files",
        [existsSync(unitFile), existsSync(secretsFile), existsSync(`/proc/${before}`)],
        [false, false, false],
      );
      same(
        "links",
        (await run("find", [join(me.homedir, ".config", "systemd"), "-name", "openclaw*"])).stdout,
        "",
      );
      same(
        "units",
        (await systemctl("list-units", "--all", "--plain", "--no-legend", "openclaw*")).stdout.trim(),
        "",
      );
      same("state", existsSync(join(me.homedir, ".openclaw", "openclaw.json")), true);
      has("status", (await openclaw("gateway status")).stdout, "Service not installed");
      same("start", (await openclaw("gateway start")).status, 1);
      ok(await openclaw("gateway uninstall"), "Service not installed");
    },
  ],
]);
