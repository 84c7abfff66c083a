// `npm run torture -- --channels [--kills N] [--seed S] [--keep]`
// People talk on three platforms at once while the gateway is killed: one drops repeats, one can be asked, one can do
// neither. Nothing may be lost; nothing may be doubled on the first two; on the third nothing may be sent twice unless
// the operator said so, and what nobody knows is a question in the outbox.
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { freePort } from "../gateway-process.ts";
import { seeded, type Random } from "../random.ts";
import { call } from "./call.ts";
import { channelId, kinds } from "./plain-channel.ts";
import { startPlainPlatform, type PlainPlatform } from "./platform.ts";

interface Said {
  platform: PlainPlatform;
  token: string;
}

interface Delivery {
  key: string;
  state: string;
  text: string;
  lastError: string | null;
  target: { channel: string };
}

const token = "c".repeat(64);
const maxOpen = 15;
/** Answers of this platform come as two messages, so that kills hit between the blocks of one. */
const inBlocks = "queryable";
const messagesPerAnswer = ({ kind }: PlainPlatform) => (kind === inBlocks ? 2 : 1);
const people = ["alice", "bob", "carol"];
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Resolves with the exit status. */
export async function tortureChannels(options: {
  kills: number;
  seed: number;
  keep: boolean;
}): Promise<number> {
  const { kills, seed } = options;
  const random = seeded(seed);
  const home = mkdtempSync(join(tmpdir(), "openclaw-torture-channels-"));
  const stateDir = join(home, "state");
  mkdirSync(stateDir, { mode: 0o700 });
  const entry = await bundle(join(home, "program"));
  const platforms = await Promise.all(
    kinds.map((kind, index) => startPlainPlatform(kind, seeded(seed + 1 + index))),
  );
  writeConfig(stateDir, platforms);
  const gateway = await gatewayOf({ entry, home, stateDir });
  console.log(
    `torture: channels, seed ${seed}, ${kills} kills (replay: npm run torture -- --channels --kills ${kills} --seed ${seed})`,
  );

  const started = Date.now();
  const said: Said[] = [];
  let isTalking = true;
  const talk = talking(platforms, { random: seeded(seed + 9), said, isTalking: () => isTalking });
  await killing(gateway, { kills, random });
  isTalking = false;
  await talk;
  for (const platform of platforms) platform.calm();

  const asked = await settle({ gateway, platforms, said });
  const broken = [...asked.broken, ...verify(said, platforms)];
  const exit = await gateway.stop();
  if (exit !== 0) broken.push(`a graceful stop ended with ${exit}`);
  for (const platform of platforms) {
    const mine = said.filter((each) => each.platform === platform);
    console.log(
      `torture: ${platform.kind}: ${mine.length} said, ${platform.shown.length} shown, ${platform.lostAnswers} answers lost on purpose, ` +
        `${platform.dropped} repeats dropped${platform.kind === "unknown" ? `, ${asked.questions} questions to the operator` : ""}`,
    );
    await platform.close();
  }
  for (const line of broken.slice(0, 40)) console.log(`  BROKEN ${line}`);
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(
    broken.length === 0
      ? `torture: clean (${gateway.starts()} starts, ${kills} kills, ${seconds} s)`
      : `torture: ${broken.length} broken promises; state and log kept in ${home}`,
  );
  if (broken.length === 0 && !options.keep) rmSync(home, { recursive: true, force: true });
  return broken.length === 0 ? 0 : 1;
}

/** Built once: starting from the sources would take longer than living. */
async function bundle(dir: string): Promise<string> {
  const built = await rolldown({
    input: { gateway: fileURLToPath(new URL("gateway.ts", import.meta.url)) },
    platform: "node",
    external: [/^node:/, "@lydell/node-pty", "bufferutil", "utf-8-validate"],
    logLevel: "silent",
  });
  await built.write({
    dir,
    format: "esm",
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
  });
  await built.close();
  writeFileSync(
    join(dir, "package.json"),
    JSON.stringify({ name: "openclaw", version: "0.0.0", type: "module" }),
  );
  // Nobody looks at the page here, and no gateway starts without one.
  mkdirSync(join(dir, "ui"));
  writeFileSync(join(dir, "ui", "index.html"), "");
  return join(dir, "gateway.mjs");
}

function writeConfig(stateDir: string, platforms: readonly PlainPlatform[]): void {
  writeFileSync(
    join(stateDir, "openclaw.json"),
    JSON.stringify({
      // Kills come faster here than anywhere: the brake on starts that break off would switch the channels off.
      gateway: { mode: "local", auth: { mode: "token", token }, restartBrake: { starts: 0 } },
      messages: { queue: { mode: "followup", cap: 1000 } },
      ledger: { maxAttempts: 10_000 },
      agents: {
        defaults: { blockStreamingChunk: { minChars: 1, maxChars: 200, breakPreference: "sentence" } },
      },
      channels: Object.fromEntries(
        // Answers are there at once here; previews come at once too, so that kills meet them.
        platforms.map(({ kind, url }) => [
          channelId(kind),
          { url, dmPolicy: "open", streamingIntervalMs: 1, blockStreaming: kind === inBlocks },
        ]),
      ),
    }),
    { mode: 0o600 },
  );
}

async function gatewayOf(place: { entry: string; home: string; stateDir: string }) {
  const port = await freePort();
  const log = createWriteStream(join(place.home, "gateway.log"), { flags: "a" });
  let child: ChildProcess | null = null;
  let ended: Promise<number | string> = Promise.resolve(0);
  let starts = 0;
  return {
    port,
    starts: () => starts,
    start() {
      starts++;
      const started = spawn(process.execPath, [place.entry], {
        env: {
          PATH: process.env["PATH"] ?? "",
          HOME: place.home,
          OPENCLAW_STATE_DIR: place.stateDir,
          TORTURE_PORT: String(port),
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      started.stdout.pipe(log, { end: false });
      started.stderr.pipe(log, { end: false });
      child = started;
      ended = new Promise((resolve) => started.once("exit", (code, signal) => resolve(signal ?? code ?? -1)));
    },
    async ready(timeoutMs: number): Promise<boolean> {
      const until = Date.now() + timeoutMs;
      while (Date.now() < until) {
        const up = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(1000) }).then(
          (response) => response.ok,
          () => false,
        );
        if (up) return true;
        await wait(15);
      }
      return false;
    },
    async kill(): Promise<void> {
      child?.kill("SIGKILL");
      await ended;
    },
    stop(): Promise<number | string> {
      child?.kill("SIGTERM");
      return ended;
    },
  };
}
type Gateway = Awaited<ReturnType<typeof gatewayOf>>;

/** A person's day: a message now and then, never too many waiting. */
async function talking(
  platforms: readonly PlainPlatform[],
  talk: { random: Random; said: Said[]; isTalking: () => boolean },
): Promise<void> {
  const { random, said } = talk;
  while (talk.isTalking()) {
    const platform = random.pick(platforms);
    const answered = Math.floor(platform.shown.length / messagesPerAnswer(platform));
    const open = said.filter((each) => each.platform === platform).length - answered;
    // A backlog would only show how fast this machine is.
    // Where nobody knows, an answer may stay a question to the end.
    if (open < maxOpen + (platform.kind === "unknown" ? 100 : 0)) {
      const name = `token-${said.length + 1}`;
      said.push({ platform, token: name });
      const first = platform.kind === inBlocks ? `First ${name}. ` : "";
      platform.say({
        id: `in-${said.length}`,
        from: random.pick(people),
        text: `Reply with: ${first}ok ${name}.`,
      });
    }
    await wait(random.int(10, 60));
  }
}

async function killing(
  gateway: Gateway,
  { kills, random }: { kills: number; random: Random },
): Promise<void> {
  gateway.start();
  if (!(await gateway.ready(30_000))) throw new Error("the gateway did not start");
  for (let count = 0; count < kills; count++) {
    // Some kills hit the start itself, most hit work in progress.
    if (!random.chance(0.15)) await gateway.ready(30_000);
    await wait(random.int(5, 450));
    await gateway.kill();
    gateway.start();
  }
  if (!(await gateway.ready(30_000))) throw new Error("the gateway did not come back");
}

/** Waits until nothing is left to do; then does what an operator does about the questions: looks, and decides. */
async function settle(run: { gateway: Gateway; platforms: readonly PlainPlatform[]; said: readonly Said[] }) {
  const broken: string[] = [];
  let questions = 0;
  const open = async (): Promise<Delivery[]> =>
    ((await call(run.gateway.port, token, "outbox.list", { limit: 1000 })) as { deliveries: Delivery[] })
      .deliveries;
  const until = Date.now() + 120_000;
  let quietLooks = 0;
  while (Date.now() < until && quietLooks < 3) {
    const deliveries = await open();
    const unknown = deliveries.filter(({ state }) => state === "unknown");
    for (const { key, text, target } of unknown) {
      if (target.channel !== channelId("unknown"))
        broken.push(`${key}: a question about ${target.channel}, which can be settled without one`);
      const arrived = run.platforms.some((platform) => platform.shown.some((each) => each.key === key));
      questions++;
      await call(run.gateway.port, token, arrived ? "outbox.drop" : "outbox.retry", { key });
      if (text === "") broken.push(`${key}: a question without a text`);
    }
    const isBusy =
      unknown.length > 0 ||
      deliveries.some(({ state }) => state === "pending" || state === "sending") ||
      run.platforms.some((platform) => platform.waiting() > 0) ||
      run.said.some(({ platform, token: name }) => count(platform, name) === 0);
    quietLooks = isBusy ? 0 : quietLooks + 1;
    await wait(200);
  }
  for (const { key, state, lastError } of await open())
    if (lastError !== "dropped by the operator") broken.push(`${key} ended ${state}: ${lastError ?? ""}`);
  return { broken, questions };
}

const count = (platform: PlainPlatform, name: string, word = "ok") =>
  platform.shown.filter(({ text }) => text.includes(`${word} ${name}.`)).length;

function verify(said: readonly Said[], platforms: readonly PlainPlatform[]): string[] {
  const broken: string[] = [];
  for (const { platform, token: name } of said) {
    const times = count(platform, name);
    if (times !== 1) broken.push(`${platform.kind}: the answer to ${name} is shown ${times} times`);
    const blocks = platform.kind === inBlocks ? count(platform, name, "First") : 1;
    if (blocks !== 1) broken.push(`${platform.kind}: the first block for ${name} is shown ${blocks} times`);
  }
  for (const platform of platforms) {
    const answers = said.filter((each) => each.platform === platform).length;
    if (platform.shown.length !== answers * messagesPerAnswer(platform))
      broken.push(`${platform.kind}: ${platform.shown.length} messages are shown for ${answers} answers`);
  }
  return broken;
}
