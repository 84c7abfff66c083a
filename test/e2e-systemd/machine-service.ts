// `gateway install --system` as root, for an account of its own; and users without a login session.
import { existsSync, readFileSync, statSync } from "node:fs";
import { checks, has, holdsFor, ok, openclaw, run, same, until } from "./machine.ts";

const account = "svc";
const home = `/home/${account}`;
const unit = "openclaw-gateway.service";
const unitFile = `/etc/systemd/system/${unit}`;
const property = async (name: string) =>
  (await run("systemctl", ["show", unit, `--property=${name}`, "--value"])).stdout.trim();
const as = (user: string, words: string, env: string[] = []) =>
  run("runuser", [
    "-u",
    user,
    "--",
    "env",
    "-i",
    "PATH=/usr/local/bin:/usr/bin:/bin",
    `HOME=/home/${user}`,
    ...env,
    "node",
    program,
    ...words.split(" "),
  ]);
const program = new URL("../../bin/openclaw.js", import.meta.url).pathname;

await checks("the machine's service", [
  [
    "an account that does not exist, and no rights",
    async () => {
      const unknown = await openclaw("gateway install --system --user nobody-here");
      same("exit", unknown.status, 1);
      has("message", unknown.stderr, 'there is no account "nobody-here" on this machine');
      const denied = await as(account, "gateway install --system --no-start");
      has("message", denied.stderr, "a system service is changed by root, not by svc");
    },
  ],
  [
    "install --system --user svc: runs as svc, hardened, secrets in a root-only file",
    async () => {
      for (const words of ["gateway.mode local", "gateway.port 18950", "models.detectLocal false"])
        ok(await as(account, `config set ${words}`), "Set");
      ok(
        await openclaw(`gateway install --system --user ${account} --token machine-token-0123456789`),
        "Service installed and started",
      );
      const pid = await property("MainPID");
      same("owner", (await run("ps", ["-o", "user=", "-p", pid])).stdout.trim(), account);
      has("unit", readFileSync(unitFile, "utf8"), "WantedBy=multi-user.target");
      same("secrets' mode", (statSync("/etc/openclaw/openclaw-gateway.env").mode & 0o777).toString(8), "600");
      same(
        "hardening",
        [await property("ProtectSystem"), await property("PrivateTmp"), await property("NoNewPrivileges")],
        // A service that lives in /tmp itself cannot have a /tmp of its own.
        ["full", /^\/(?:var\/)?tmp\//.test(program) ? "no" : "yes", "yes"],
      );
      same(
        "root's files in its state",
        (await run("find", [`${home}/.openclaw`, "!", "-user", account])).stdout,
        "",
      );
      const probe = await as(account, "gateway probe", ["OPENCLAW_GATEWAY_TOKEN=machine-token-0123456789"]);
      same("answers", probe.status, 0);
    },
  ],
  [
    "kill -9 → back, without any login",
    async () => {
      const before = await property("MainPID");
      await run("kill", ["-9", before]);
      const ms = await until(
        "a new process",
        async () =>
          !["0", before].includes(await property("MainPID")) && (await property("ActiveState")) === "active",
        9000,
      );
      return `${ms} ms`;
    },
  ],
  [
    "a node of the machine, as another account",
    async () => {
      const token = "machine-token-0123456789";
      const [nodeUnit, secrets] = [
        "/etc/systemd/system/openclaw-node.service",
        "/etc/openclaw/openclaw-node.env",
      ];
      await until(
        "the gateway",
        async () => (await as(account, "gateway probe", [`OPENCLAW_GATEWAY_TOKEN=${token}`])).status === 0,
      );
      const url = "ws://127.0.0.1:18950";
      const words = `node install --system --user bob --url ${url} --token ${token}`;
      ok(await openclaw(words), "Service installed and started");
      has("unit", readFileSync(nodeUnit, "utf8"), "User=bob");
      same("token in the unit", readFileSync(nodeUnit, "utf8").includes(token), false);
      same("secrets' mode", (statSync(secrets).mode & 0o777).toString(8), "600");
      same("others' files", (await run("find", ["/home/bob/.openclaw", "!", "-user", "bob"])).stdout, "");
      for (const { stdout } of [await openclaw("node status"), await as("bob", "node status")]) {
        has("status", stdout, /^State: +connected/m);
        has("no drift", stdout, /^(?!.*differs)/s);
      }
      has("denied", (await as("bob", "node stop")).stderr, "is changed by root, not by bob");
      ok(await openclaw("node uninstall"), "Service uninstalled");
      same("files", [existsSync(nodeUnit), existsSync(secrets)], [false, false]);
    },
  ],
  [
    "status of its user, stop, restart, uninstall",
    async () => {
      const { stdout } = await as(account, "gateway status --json", [
        "OPENCLAW_GATEWAY_TOKEN=machine-token-0123456789",
      ]);
      const status = JSON.parse(stdout) as { runtime: string; service: { kind: string; installed: boolean } };
      same("seen by svc", [status.runtime, status.service.kind], ["running", "systemd-system"]);
      ok(await openclaw("gateway stop"), "Service stopped");
      await holdsFor(6000, "being stopped", async () => (await property("ActiveState")) === "inactive");
      ok(await openclaw("gateway restart"), "Service restarted");
      ok(await openclaw("gateway uninstall"), "Service uninstalled");
      same("files", [existsSync(unitFile), existsSync("/etc/openclaw/openclaw-gateway.env")], [false, false]);
    },
  ],
  [
    "uninstall --system: what its account kept goes too, by root only",
    async () => {
      ok(await openclaw(`gateway install --system --user ${account}`), "Service installed and started");
      const denied = await as(account, "uninstall --yes");
      same("exit", denied.status, 1);
      has("message", denied.stderr, `${unit} of the machine works with ${home}/.openclaw`);
      has("hint", denied.stderr, "sudo openclaw uninstall --system");
      same("still there", [existsSync(unitFile), existsSync(`${home}/.openclaw`)], [true, true]);
      const dry = await openclaw("uninstall --system --dry-run");
      for (const path of [unitFile, `${home}/.openclaw`]) has("listed", dry.stdout, path);
      ok(await openclaw("uninstall --system --yes"), "Removed");
      const left = await run("find", ["/etc", home, "-iname", "*openclaw*"]);
      same("left", left.stdout, "");
    },
  ],
  [
    "a user without a login session: a clear word or a working service, never a stack",
    async () => {
      ok(await as("bob", "config set gateway.mode local"), "Set");
      ok(await as("bob", "config set gateway.port 18970"), "Set");
      const status = await as("bob", "gateway status --json");
      same("status", (JSON.parse(status.stdout) as { runtime: string }).runtime, "stopped");
      const first = await as("bob", "gateway install");
      if (first.status !== 0) {
        has("message", first.stderr, "there is no user systemd for bob");
        has("hint", first.stderr, "sudo loginctl enable-linger bob");
        await run("loginctl", ["enable-linger", "bob"]);
        await until("bob's manager", () => existsSync(`/run/user/${uidOf("bob")}/systemd/private`));
        // As after `su`: somebody else's runtime directory in the environment.
        ok(
          await as("bob", "gateway install", ["XDG_RUNTIME_DIR=/run/user/0"]),
          "Service installed and started",
        );
      }
      ok(await as("bob", "gateway uninstall"), "Service uninstalled");
      return first.status === 0 ? "installed at once" : "after the printed command";
    },
  ],
]);

function uidOf(user: string): string {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((each) => each.startsWith(`${user}:`));
  return line?.split(":")[2] ?? "";
}
