// A node host as a service beside the gateway's, on a real systemd: one of another profile, let in by a setup code.
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gatewayStatus, has, me, ok, openclaw, run, same, until } from "./machine.ts";

const unit = "openclaw-node-lent.service";
const unitFile = join(me.homedir, ".config", "systemd", "user", unit);
const stateDir = join(me.homedir, ".openclaw-lent");
const shared = join(me.homedir, "lent");
const node = (words: string) => openclaw(`--profile lent node ${words}`);
const property = async (name: string) =>
  (await run("systemctl", ["--user", "show", unit, `--property=${name}`, "--value"])).stdout.trim();
const status = async () =>
  JSON.parse((await node("status --json")).stdout) as {
    state: string;
    pid: number | null;
    service: { installed: boolean; pid: number | null; drift: unknown[] };
  };
/** As the gateway sees it. */
const connected = async () =>
  /"connected": ?true/.test((await openclaw("nodes list --json")).stdout.replaceAll("\n", " "));

/** Needs a gateway that runs. */
export const nodeChecks: Array<[string, () => Promise<string | void>]> = [
  [
    "a node is installed by a setup code, and connected",
    async () => {
      mkdirSync(shared, { recursive: true });
      const url = `ws://127.0.0.1:${(await gatewayStatus()).port}`;
      const qr = await openclaw(`qr --node --setup-code-only --public-url ${url}`);
      ok(qr, "");
      const code = qr.stdout.trim();
      ok(await node(`install --setup-code ${code} --share ${shared}`), "Service installed and started");
      const token = bootstrapToken(code);
      same("modes", modes(unitFile, join(stateDir, "node-service.env")), ["600", "600"]);
      if (readFileSync(unitFile, "utf8").includes(token)) throw new Error("the unit holds the token");
      has("verify", `${(await run("systemd-analyze", ["--user", "verify", unitFile])).stderr}.`, /^\.$/);
      const { state, pid, service } = await status();
      same("state", [state, service.installed, service.drift], ["connected", true, []]);
      same("pid", [pid, service.pid], [Number(await property("MainPID")), pid]);
      same("listed", await connected(), true);
      ok(await node("install"), "Service already installed; it runs");
    },
  ],
  [
    "its kill -9 → connected again, without the setup code",
    async () => {
      const before = Number(await property("MainPID"));
      process.kill(before, "SIGKILL");
      const back = async () => {
        const { state, pid } = await status();
        return state === "connected" && pid !== before;
      };
      return `${await until("the node's return", back, 20_000)} ms with RestartSec=5`;
    },
  ],
  [
    "the gateway's own service leaves the node's alone, and it leaves nothing",
    async () => {
      has("gateway's scan", (await openclaw("gateway status --deep")).stdout, /^(?!.*openclaw-node)/s);
      ok(await node("uninstall"), "Service uninstalled");
      same(
        "files",
        [unitFile, join(stateDir, "node-service.env"), join(stateDir, "node.json")].map((path) =>
          existsSync(path),
        ),
        [false, false, true],
      );
      await until("the gateway's notice", async () => !(await connected()));
    },
  ],
];

function bootstrapToken(code: string): string {
  return (JSON.parse(Buffer.from(code, "base64url").toString()) as { bootstrapToken: string }).bootstrapToken;
}

function modes(...paths: string[]): string[] {
  return paths.map((path) => (statSync(path).mode & 0o777).toString(8));
}
