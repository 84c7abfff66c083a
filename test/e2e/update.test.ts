// Updates of the real program from a registry on this machine, under a supervisor that starts the gateway again whenever
// it ends. Whatever the candidate is, and wherever the update is killed, a working version serves.
import { spawn, type ChildProcess } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atStart, startRegistry, type FakeRegistry, type Release } from "../fakes/registry.ts";
import {
  baseConfig,
  createHome,
  until,
  type CliOutcome,
  type E2eHome,
  type Gateway,
} from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";
import { collectsEvidence, evidence } from "../support/evidence.ts";
import { inPairs } from "../support/in-pairs.ts";
import { freePort } from "../torture/gateway-process.ts";

const before = "2026.11.21";
const after = "2026.11.22";
const isStart = `words.includes("gateway")`;
const isReal = `(${isStart} && !words.includes("--safe"))`;

let registry: FakeRegistry;
let template: string;

beforeAll(async () => {
  registry = await startRegistry();
  registry.publish({ version: before });
  template = mkdtempSync(join(tmpdir(), "openclaw-slots-"));
  await using home = createHome({ config: baseConfig });
  const env = { OPENCLAW_UPDATE_REGISTRY: registry.url, OPENCLAW_SLOTS_DIR: join(template, "slots") };
  const made = await home.cli(["update", "--slots", "--tag", before], { env });
  expect(made.stderr + made.stdout).toContain(`openclaw ${before} is current`);
}, 60_000);

afterAll(async () => {
  rmSync(template, { recursive: true, force: true });
  await registry[Symbol.asyncDispose]();
});

/** An installation in slots with a supervised gateway. */
async function install(more: Record<string, string> = {}): Promise<{
  home: E2eHome;
  slots: string;
  /** For `signIn`. */
  door: Gateway;
  version(): string;
  /** Version of the gateway that answers, or null. */
  serving(): Promise<string | null>;
  pid(): number | undefined;
  ledger(): { schema: number; columns: string[] };
  update(words: string[], onSpawn?: (child: ChildProcess) => void): Promise<CliOutcome>;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const home = createHome({ config: baseConfig });
  const slots = join(home.dir, "slots");
  cpSync(join(template, "slots"), slots, { recursive: true, verbatimSymlinks: true });
  // The launcher in bin/openclaw names the folder it was made for; bin/openclaw.js finds its own.
  const launcher = join(slots, "bin", "openclaw.js");
  const port = await freePort();
  const env = { ...home.env, OPENCLAW_UPDATE_REGISTRY: registry.url, ...more };
  const run = (words: string[], own: Record<string, string> = {}) =>
    spawn(process.execPath, [launcher, ...words], {
      env: { ...env, ...own },
      stdio: ["ignore", "pipe", "pipe"],
    });
  let gateway: ChildProcess | undefined;
  let isOver = false;
  const supervise = () => {
    if (isOver) return;
    gateway = run(["gateway", "--port", String(port)], { OPENCLAW_SERVICE_KIND: "gateway" });
    gateway.stdout?.resume();
    gateway.stderr?.resume();
    gateway.once("exit", () => setTimeout(supervise, 100));
  };
  supervise();
  const installed = {
    home,
    slots,
    door: { url: `ws://127.0.0.1:${port}` } as Gateway,
    version: () => basename(readlinkSync(join(slots, "current"))),
    async serving() {
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1000) });
        if (!answer.ok) return null;
      } catch {
        return null; // between two starts
      }
      const pid = gateway?.pid;
      const path = join(home.stateDir, `gateway.${pid}.lock`);
      return existsSync(path)
        ? (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version
        : null;
    },
    pid: () => gateway?.pid,
    ledger() {
      const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
      const db = new DatabaseSync(join(home.stateDir, "ledger.sqlite"), { readOnly: true });
      try {
        const row = db.prepare("SELECT sum(version) AS version FROM schema_versions").get();
        const columns = db.prepare("SELECT name FROM pragma_table_info('inbox')").all();
        return { schema: Number(row?.["version"]), columns: columns.map(({ name }) => String(name)) };
      } finally {
        db.close();
      }
    },
    async update(words: string[], onSpawn: (child: ChildProcess) => void = () => undefined) {
      const started = performance.now();
      const child = run(["update", ...words]);
      let [stdout, stderr] = ["", ""];
      child.stdout?.on("data", (part: Buffer) => (stdout += part.toString()));
      child.stderr?.on("data", (part: Buffer) => (stderr += part.toString()));
      onSpawn(child);
      return await new Promise<CliOutcome>((resolve) =>
        child.once("close", (code, signal) =>
          resolve({ status: signal ?? code ?? -1, stdout, stderr, ms: performance.now() - started }),
        ),
      );
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      gateway?.kill("SIGKILL");
      await home[Symbol.asyncDispose]();
    },
  };
  await until(async () => (await installed.serving()) === before, { what: "the first gateway" });
  return installed;
}

const to = (version: string, startTimeout = 4) =>
  `--tag ${version} --restart signal --watch 1 --start-timeout ${startTimeout}`.split(" ");

/** Adds a column and a step to the ledger's schema, as a later version would. */
const migrates = `
if (${isStart}) {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const db = new DatabaseSync(process.env.OPENCLAW_STATE_DIR ? process.env.OPENCLAW_STATE_DIR + "/ledger.sqlite" : process.env.HOME + "/.openclaw/ledger.sqlite");
  try {
    db.exec("ALTER TABLE inbox ADD COLUMN later TEXT; UPDATE schema_versions SET version = version + 1, oldest = version + 1");
  } catch {
    // A second start finds the column there.
  }
  db.close();
}`;

describe("a good version", () => {
  it("is switched to, kept, taken back, and settled on", async () => {
    registry.publish({ version: after });
    await using gateway = await install();
    // What the registry said is told afterwards without asking it again.
    const status = async () => (await gateway.home.cli(["status", "--json"])).stdout;
    expect(JSON.parse(await status())).toMatchObject({ update: null });
    expect((await gateway.update(["--dry-run"])).status).toBe(0);
    expect(JSON.parse(await status())).toMatchObject({ update: { latest: after, channel: "latest" } });
    const done = await gateway.update([...to(after), "--json"]);
    expect(done.stderr).not.toContain("error");
    expect(JSON.parse(done.stdout)).toMatchObject({ ok: true, result: "updated", from: before, to: after });
    expect(await gateway.serving()).toBe(after);
    const older = await gateway.update(to(before));
    expect(older.status).toBe(1);
    expect(older.stderr).toContain("is older than");
    const back = await gateway.update(["rollback", "--restart", "signal"]);
    expect(back.stderr + back.stdout).toContain(`openclaw ${before} is current again`);
    await until(async () => (await gateway.serving()) === before);
    expect((await gateway.update(["rollback", "--restart", "signal"])).status).toBe(1);
    expect((await gateway.update(to(after))).status).toBe(0);
    expect((await gateway.update(["commit"])).stdout).toBe(`Removed ${before}.\n`);
    expect(await gateway.serving()).toBe(after);
  }, 90_000);
});

describe("asked for over the wire", () => {
  it("update.run answers before the restart, the new version serves, and the conversation is told", async () => {
    const next = "2026.11.25";
    registry.publish({ version: next });
    await using gateway = await install({ OPENCLAW_UPDATE_RESTART: "signal" });
    const client = await signIn(gateway.door);
    const refused = await client.request("update.run", { version: "1.0.0" });
    expect(refused).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("version") as string },
    });
    const answer = await client.ask("update.run", {
      sessionKey: "main",
      note: "from a page",
      restartDelayMs: 1000,
    });
    expect(answer).toMatchObject({
      ok: true,
      result: { status: "ok", mode: "slots", before: { version: before }, after: { version: next } },
      restart: { ok: true, delayMs: 1000, reason: "update.run" },
      sentinel: { payload: { kind: "update", sessionKey: "main" } },
    });
    const { result } = answer as { result: { steps: Array<{ name: string }> } };
    expect(result.steps.map(({ name }) => name.split(" ")[0])).toEqual(["fetching", "trying"]);
    client.socket.terminate();
    await until(async () => (await gateway.serving()) === next, { what: "the new version" });
    const again = await signIn(gateway.door);
    await until(async () => {
      const history = await again.ask("chat.history", { sessionKey: "main", limit: 10 });
      return JSON.stringify(history).includes(`The gateway was updated to ${next} (from a page)`);
    });
    expect(await again.refusal("update.run")).toMatchObject({
      message: expect.stringContaining("under way") as string,
    });
    again.socket.terminate();
    // It would watch for a minute; what a killed one comes to is shown below.
    const { pid } = JSON.parse(readFileSync(join(gateway.slots, "update.json"), "utf8")) as { pid: number };
    process.kill(pid, "SIGKILL");
  }, 90_000);
});

const broken: Array<[string, Omit<Release, "version">, RegExp]> = [
  [
    "ends at once",
    { alter: atStart(`if (${isStart}) throw new Error("no such luck");`) },
    /ends when it is started.*no such luck/,
  ],
  [
    "breaks the ledger's copy",
    {
      alter: atStart(
        `if (${isStart}) (await import("node:fs")).writeFileSync(process.env.OPENCLAW_STATE_DIR + "/ledger.sqlite", "no database");`,
      ),
    },
    /ends when it is started/,
  ],
  ["ends with status 0", { alter: atStart(`if (${isStart}) process.exit(0);`) }, /ends when it is started/],
  [
    "hangs",
    { alter: atStart(`if (${isStart}) await new Promise(() => setInterval(() => {}, 1000));`) },
    /not ready 2 s/,
  ],
  ["spins", { alter: atStart(`if (${isStart}) for (;;);`) }, /not ready 2 s/],
  [
    "starts too slowly",
    { alter: atStart(`if (${isStart}) await new Promise((go) => setTimeout(go, 30000));`) },
    /not ready 2 s/,
  ],
  [
    "is killed at its start",
    { alter: atStart(`if (${isStart}) process.kill(process.pid, "SIGKILL");`) },
    /ends when it is started/,
  ],
  ["lacks a file", { alter: (folder) => rmSync(join(folder, "dist", "cli.js")) }, /lacks dist\/cli\.js/],
  [
    "lacks its program",
    { alter: (folder) => rmSync(join(folder, "bin"), { recursive: true }) },
    /lacks bin\/openclaw\.js/,
  ],
  [
    "has a torn file",
    { alter: (folder) => writeFileSync(join(folder, "dist", "cli.js"), "export {") },
    /fails at --help/,
  ],
  [
    "is another version inside",
    { alter: manifest({ version: "2026.1.1" }) },
    /calls itself 2026\.1\.1|cannot be/,
  ],
  ["is another package inside", { alter: manifest({ name: "openc1aw" }) }, /lacks package\.json/],
  [
    "lies about its version",
    { alter: atStart(`if (words[0] === "--version") { console.log("9.9.9"); process.exit(0); }`) },
    /says it is "9\.9\.9"/,
  ],
  [
    "says no version",
    { alter: atStart(`if (words[0] === "--version") process.exit(3);`) },
    /fails at --version/,
  ],
  ["has no help", { alter: atStart(`if (words[0] === "--help") process.exit(0);`) }, /shows no help/],
  [
    "answers but is not ready",
    {
      alter: atStart(
        `if (${isStart}) { const { createServer } = await import("node:http"); createServer((q, s) => s.writeHead(503).end("{}")).listen(Number(words[words.indexOf("--port") + 1]), "127.0.0.1"); await new Promise(() => {}); }`,
      ),
    },
    /not ready 2 s/,
  ],
  ["is truncated", { spoil: (archive) => archive.subarray(0, archive.length / 2) }, /cannot be fetched/],
  ["is no archive", { spoil: () => Buffer.from("<html>captive portal</html>") }, /cannot be fetched/],
  [
    "was changed on the way",
    { spoil: (archive) => Buffer.concat([archive, Buffer.alloc(512)]) },
    /cannot be fetched|not what its digest says/,
  ],
  [
    "has a wrong digest",
    { integrity: `sha512-${"A".repeat(86)}==` },
    /cannot be fetched|not what its digest says/,
  ],
  ["has no digest", { integrity: null }, /tells no SHA-512 digest/],
  ["migrates to a schema it does not know", { alter: atStart(migrates) }, /ends when it is started/],
];

function manifest(change: object): (folder: string) => void {
  return (folder) => {
    const path = join(folder, "package.json");
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), ...change }));
  };
}

it("a candidate that is broken changes nothing, however it is broken", async () => {
  // Every one of them takes more than a second; `npm run evidence` looks at all.
  const looked = collectsEvidence()
    ? broken
    : broken.filter(
        ([, , says], index) => broken.findIndex(([, , same]) => same.source === says.source) === index,
      );
  await using first = await install();
  await using second = await install();
  const installations = [first, second].map((gateway) => ({
    gateway,
    pid: gateway.pid(),
    schema: gateway.ledger(),
  }));
  const rows = new Map<string, number>();
  await inPairs(looked.entries(), async ([index, [name, release, says]], worker) => {
    const { gateway, pid, schema } = installations[worker] ?? expect.unreachable();
    const version = `2026.12.${index + 1}`;
    registry.publish({ ...release, version }, "broken");
    // Nobody waits longer than needed for what never comes.
    const refused = await gateway.update(to(version, says.source.startsWith("not ready") ? 2 : 4));
    expect(refused.status, `${name}: ${refused.stdout}${refused.stderr}`).toBe(1);
    expect(refused.stderr, name).toMatch(says);
    expect(gateway.version(), name).toBe(before);
    expect(await gateway.serving(), name).toBe(before);
    expect(gateway.pid(), name).toBe(pid);
    expect(gateway.ledger(), name).toEqual(schema);
    expect(existsSync(join(gateway.slots, "versions", version)), name).toBe(false);
    rows.set(name, Math.round(refused.ms));
  });
  for (const [name] of looked)
    evidence("update", {
      candidate: name,
      "what happened": "refused before the switch",
      "service up": `${before}, same process`,
      ms: rows.get(name) ?? expect.unreachable(),
    });
}, 240_000);

describe("a candidate that fails only in earnest", () => {
  const failing: Array<[string, string]> = [
    ["ends at every start", `if (${isReal}) process.exit(1);`],
    ["ends after a moment", `if (${isReal}) setTimeout(() => process.exit(1), 600);`],
    ["migrates the ledger and ends", `if (${isReal}) { ${migrates}\nprocess.exit(1); }`],
  ];
  it("is taken back, with the ledger", async () => {
    await using gateway = await install();
    const schema = gateway.ledger();
    for (const [index, [name, code]] of failing.entries()) {
      const version = `2027.1.${index + 1}`;
      registry.publish({ version, alter: atStart(code) }, "broken");
      const taken = await gateway.update(to(version));
      expect(taken.status, `${name}: ${taken.stdout}${taken.stderr}`).toBe(1);
      expect(taken.stderr, name).toContain(`${before} is current again`);
      expect(gateway.version(), name).toBe(before);
      await until(async () => (await gateway.serving()) === before, { what: name });
      expect(gateway.ledger(), name).toEqual(schema);
      evidence("update", {
        candidate: name,
        "what happened": "switched to, failed, taken back with the ledger",
        "service up": before,
        ms: Math.round(taken.ms),
      });
    }
  }, 120_000);
});

/** Whether a process works in a folder. */
function processesOf(folder: string): boolean {
  if (process.platform !== "linux") return false;
  return readdirSync("/proc").some((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      return false; // ended meanwhile, or somebody else's
    }
  });
}

it("killed at any step, a working version serves, and the same command again finishes", async () => {
  registry.publish({ version: after });
  const phases = ["fetch", "check", "before the switch", "after the switch", "trial"];
  const rows = new Map<string, Parameters<typeof evidence>[1]>();
  await inPairs(phases, async (phase) => {
    const isSwitch = phase.endsWith("switch");
    const reached = isSwitch ? "check" : phase;
    await using gateway = await install();
    const journal = join(gateway.slots, "update.json");
    const killed = await gateway.update([...to(after), "--watch", "20"], (child) => {
      void until(
        () => existsSync(journal) && readFileSync(journal, "utf8").includes(`"phase": "${reached}"`),
        {
          timeoutMs: 30_000,
        },
      ).then(() => child.kill("SIGKILL"));
    });
    expect(killed.status, phase).toBe("SIGKILL");
    // A candidate on trial does not outlive the update.
    await until(() => !processesOf(join(gateway.slots, "staging")), { what: `no candidate after ${phase}` });
    // That step is too short to be met by a kill: what it would leave is written down.
    if (isSwitch) writeFileSync(journal, readFileSync(journal, "utf8").replace('"check"', '"switch"'));
    if (phase === "after the switch") {
      rmSync(join(gateway.slots, "current"));
      symlinkSync(join("versions", after), join(gateway.slots, "current"));
    }
    const served = await until(() => gateway.serving(), { what: `a gateway after ${phase}` });
    expect([before, after], phase).toContain(served);
    // Whoever starts the gateway next finds the half-done update.
    process.kill(gateway.pid() ?? -1, "SIGKILL");
    await until(() => gateway.serving(), { what: `a gateway after ${phase} and a crash` });
    const again = await gateway.update(to(after));
    expect(again.status, `${phase}: ${again.stdout}${again.stderr}`).toBe(0);
    expect(await gateway.serving(), phase).toBe(after);
    rows.set(phase, {
      candidate: `good, update killed: ${phase}`,
      "what happened": "the same command again finished it",
      "service up": `${served} at once, ${after} in the end`,
      ms: Math.round(again.ms),
    });
  });
  for (const phase of phases) evidence("update", rows.get(phase) ?? expect.unreachable());
}, 180_000);
