// `npm run torture -- [--kills N] [--seed S] [--faults kill,pause,full-disk,io-error] [--keep]`
// Sends messages through several doors while the gateway is killed, paused and starved of disk, then checks that every
// accepted message has exactly one outcome and that nothing was answered, delivered or remembered twice.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { changedSession, doorNames, newKey, send, type Message } from "./doors.ts";
import { availableFaults, inject, type FaultName } from "./faults.ts";
import { createGatewayProcess } from "./gateway-process.ts";
import { startFakePlatform } from "./platform.ts";
import { seeded } from "./random.ts";
import { verify } from "./verify.ts";

const { values: options } = parseArgs({
  options: {
    kills: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    faults: { type: "string", default: "kill,pause,full-disk,io-error" },
    keep: { type: "boolean", default: false },
    channels: { type: "boolean", default: false },
  },
});
const kills = Math.min(Number(options.kills), 10_000);
const seed = Number(options.seed);
if (!Number.isInteger(kills) || !Number.isInteger(seed)) {
  console.error("torture: --kills and --seed take whole numbers");
  process.exit(2);
}

if (options.channels) {
  const { tortureChannels } = await import("./channels/run.ts");
  process.exit(await tortureChannels({ kills, seed, keep: options.keep }));
}

// The state directory gets a small disk of its own, in a mount namespace that dies with this process.
const insideNamespace = process.env["OPENCLAW_TORTURE_MOUNT"] !== undefined;
if (!insideNamespace && process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0) {
  const folder = mkdtempSync(join(tmpdir(), "openclaw-torture-"));
  const child = spawnSync(
    "unshare",
    [
      "-m",
      "sh",
      "-c",
      'mount -t tmpfs -o size=256m tmpfs "$OPENCLAW_TORTURE_MOUNT" && exec "$@"',
      "_",
      process.execPath,
      ...process.argv.slice(1),
    ],
    { stdio: "inherit", env: { ...process.env, OPENCLAW_TORTURE_MOUNT: folder } },
  );
  rmSync(folder, { recursive: true, force: true });
  process.exit(child.status ?? 1);
}

const home = process.env["OPENCLAW_TORTURE_MOUNT"] ?? mkdtempSync(join(tmpdir(), "openclaw-torture-"));
const stateDir = join(home, "state");
mkdirSync(stateDir, { mode: 0o700 });
const random = seeded(seed);
const secret = "torture-webhook-secret-0123456789";
const token = "a".repeat(64);
const platform = await startFakePlatform({ secret, random: seeded(seed + 1) });
writeFileSync(
  join(stateDir, "openclaw.json"),
  JSON.stringify({
    // Kills come faster here than anywhere: the brake on starts that break off would switch the channels off.
    gateway: { mode: "local", auth: { mode: "token", token }, restartBrake: { starts: 0 } },
    messages: { queue: { mode: "followup" } },
    // Kills come faster here than anywhere; giving up after five is tested where one message is to blame.
    ledger: { maxAttempts: 10_000 },
    channels: { webhook: { accounts: { default: { secret, url: platform.url, dmPolicy: "open" } } } },
  }),
  { mode: 0o600 },
);

const { can, cannot } = availableFaults(insideNamespace);
const wanted = options.faults.split(",") as FaultName[];
const faults = can.filter((fault) => wanted.includes(fault));
console.log(
  `torture: seed ${seed}, ${kills} kills, faults ${faults.join(", ")} (replay: npm run torture -- --kills ${kills} --seed ${seed})`,
);
for (const { fault, reason } of cannot.filter((each) => wanted.includes(each.fault)))
  console.log(`torture: skipped ${fault}: ${reason}`);

// Outside the small disk, which is filled on purpose.
const logFile = `${home}.log`;
const gateway = await createGatewayProcess({ stateDir, logFile });
const accepted = new Map<string, Message>();
const pending = new Map<string, Message>();
const sessions = ["main", "project-notes", "web-1", "web-2"];
let counter = 0;
let stopSending = false;

function nextMessage(): Message {
  const door = random.pick(doorNames);
  const name = `token-${++counter}`;
  return {
    key: newKey(),
    door,
    session:
      door === "change" ? changedSession : random.pick(door === "webhook" ? ["alice", "bob"] : sessions),
    token: name,
    // A dot ends the token, so that token-1 is not found in token-12.
    text: random.chance(0.7) ? `Reply with: ok ${name}.` : `remember ${name}.`,
  };
}

/** As a real client would: the same message with the same key until it is accepted. */
async function sender(): Promise<void> {
  while (!stopSending) {
    const message = nextMessage();
    pending.set(message.key, message);
    while (!stopSending) {
      if (await send(message, { port: gateway.port, token, secret })) {
        accepted.set(message.key, message);
        pending.delete(message.key);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}

const started = Date.now();
await gateway.start();
if (!(await gateway.ready(15_000))) {
  console.error(`torture: the gateway did not start; see ${logFile}`);
  process.exit(1);
}
const senders = Array.from({ length: 6 }, () => sender());
const count: Record<FaultName, number> = { kill: 0, pause: 0, "full-disk": 0, "io-error": 0 };
let failedStarts = 0;

while (count.kill < kills) {
  // Some kills hit the start itself, most hit work in progress.
  if (!random.chance(0.15)) await gateway.ready(15_000);
  await new Promise((resolve) => setTimeout(resolve, random.int(5, 400)));
  const fault = random.chance(0.8) || faults.length === 1 ? "kill" : random.pick(faults);
  await inject(fault, gateway, stateDir, random);
  count[fault]++;
  const ended = await Promise.race([
    gateway.ended(),
    new Promise<null>((resolve) => setTimeout(() => resolve(null), 20)),
  ]);
  if (ended !== null) {
    if (typeof ended === "number" && ended !== 0) failedStarts++;
    await gateway.start();
  }
}

if (!(await gateway.ready(15_000))) {
  await gateway.start();
  await gateway.ready(15_000);
}
stopSending = true;
await Promise.all(senders);

// Every session must still answer, and within seconds: that is what "not stuck" means.
const stuck: string[] = [];
for (const session of [...sessions, changedSession]) {
  const last: Message = {
    key: newKey(),
    door: "responses",
    session,
    token: `token-${++counter}`,
    text: `Reply with: ok token-${counter}.`,
  };
  let answered = false;
  for (let tries = 0; tries < 10 && !answered; tries++)
    answered = await send(last, { port: gateway.port, token, secret });
  if (answered) accepted.set(last.key, last);
  else stuck.push(`session ${session} does not answer any more`);
}
// Deliveries that wait for a retry get the time of a few retries.
const replies = [...accepted.values()].filter(
  (message) => message.door === "webhook" && message.text.startsWith("Reply"),
);
const isShown = (message: Message) =>
  platform.shown.some((each) => each.text.includes(`ok ${message.token}.`));
const giveUp = Date.now() + 60_000;
while (Date.now() < giveUp && !replies.every(isShown))
  await new Promise((resolve) => setTimeout(resolve, 200));

const exit = await gateway.stop();
const broken = [
  ...stuck,
  ...(exit === 0 ? [] : [`a graceful stop ended with ${exit}`]),
  ...(await verify({ stateDir, accepted: [...accepted.values()], platform })),
];
await platform.close();
const changes = join(stateDir, "agents", "main", "sessions", `${changedSession}.jsonl`);
const changed = existsSync(changes) ? readFileSync(changes, "utf8").split('"replaces":{').length - 1 : 0;
console.log(
  `torture: ${accepted.size} messages accepted, ${changed} of them changes of earlier ones, ${platform.shown.length} delivered (${platform.repeats} repeats dropped by the platform), ` +
    `${gateway.starts} starts, ${failedStarts} ended by themselves, faults ${JSON.stringify(count)}, ${((Date.now() - started) / 1000).toFixed(0)} s`,
);
for (const line of broken.slice(0, 40)) console.log(`  BROKEN ${line}`);
console.log(
  broken.length === 0
    ? "torture: clean"
    : `torture: ${broken.length} broken promises; state kept in ${insideNamespace ? `${home}.failed` : home}, log in ${logFile}`,
);
if (broken.length > 0 && insideNamespace)
  spawnSync("cp", ["-a", home, `${home}.failed`], { stdio: "ignore" });
if (broken.length === 0 && !options.keep) {
  if (!insideNamespace) rmSync(home, { recursive: true, force: true });
  rmSync(logFile, { force: true });
}
process.exit(broken.length === 0 ? 0 : 1);
