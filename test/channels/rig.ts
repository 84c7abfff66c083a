import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../../src/core/logger.ts";
import type { JsonValue } from "../../src/core/json.ts";
import { messageOf, UserError } from "../../src/core/errors.ts";
import type {
  Channel,
  ChannelManifest,
  ChannelTrouble,
  InboundEvent,
  InboundMessageEvent,
  InboundVerdict,
  Outbound,
  OutboundMessage,
  RunningChannel,
  SendResult,
} from "../../src/channels/contract.ts";
import { openDesk, type Desk } from "./desk.ts";
import type { ChannelDouble, DoubleWorld, Faults, RunningDouble, Seen } from "./driver.ts";
import { createRealClock, createSimClock, type SimClock } from "./sim-clock.ts";

/** An adapter between its platform's double and a gateway that the case watches. */
export interface Rig {
  manifest: ChannelManifest;
  double: RunningDouble;
  world: DoubleWorld;
  time: SimClock;
  desk: Desk | null;
  /** Everything the adapter handed in, repeats included. */
  events: InboundEvent[];
  troubles: ChannelTrouble[];
  /** How often each direction was proved. */
  proofs: { receive: number; send: number };
  /** Takes the place of the gateway's answer to events, until null. */
  intercept: ((event: InboundEvent) => Promise<InboundVerdict>) | null;
  /** Starts the account and waits until it receives, as far as the platform proves that. */
  up(name?: string): Promise<void>;
  /** Stops it as the gateway does. */
  down(): Promise<void>;
  /** Kills it: nothing more is said to the platform, and what was not committed is gone. */
  crash(): Promise<void>;
  running(): RunningChannel;
  /** A fault of the double; a driver that lacks it must say so in its gaps. */
  fault<K extends keyof Faults>(name: K): NonNullable<Faults[K]>;
  /** Waits for an event that `pick` takes. */
  event<E extends InboundEvent>(what: string, pick: (event: InboundEvent) => event is E): Promise<E>;
  message(text: string): Promise<InboundMessageEvent>;
  send(message: Outbound | Partial<OutboundMessage>): Promise<SendResult>;
  /** Sends, expects success, and gives the platform's id. */
  sent(message: Outbound | Partial<OutboundMessage>): Promise<string>;
  /** What people see, taken back ones aside. */
  shown(): Seen[];
  close(): Promise<void>;
}

/** As people read it: what renderers put between marks cannot be seen. */
export const words = (text: string): string =>
  text.replaceAll("\u200b", "").replaceAll("ˋ", "`").replaceAll("¦", "|").trim();

export async function openRig(double: ChannelDouble, options: { ledger?: boolean } = {}): Promise<Rig> {
  // In memory where there is such a place: the cases are about what was committed, not about the disk.
  const home = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "openclaw-channel-"));
  let runningDouble: RunningDouble | null = null;
  const time = double.realTime
    ? createRealClock()
    : createSimClock({
        ...(double.quietTurns === undefined ? {} : { quietTurns: double.quietTurns }),
        busy: () => runningDouble?.busy?.() ?? false,
        replaceTimers: double.ownTimers === true,
      });
  const { manifest } = double;
  const stores = new Map<string, Map<string, JsonValue>>();
  let account: RunningChannel | null = null;
  let silence = new AbortController();
  let key = 0;
  let fence = 0;

  const platform = await double.start({
    clock: time,
    deliver: async (_account, request) =>
      (await account?.handleWebhook?.(request)) ?? { status: 503, body: "" },
  });
  runningDouble = platform;
  const open = () =>
    openDesk({
      home,
      clock: time,
      channel: manifest.id,
      capabilities: manifest.capabilities,
      firstRetryMs: double.realTime ? 200 : 1000,
    });

  const rig: Rig = {
    manifest,
    double: platform,
    world: platform.world,
    time,
    desk: options.ledger ? await open() : null,
    events: [],
    troubles: [],
    proofs: { receive: 0, send: 0 },
    intercept: null,
    async up(name = "default") {
      if (options.ledger) rig.desk ??= await open();
      const channel: Channel = await manifest.load();
      const dir = join(home, "login", name);
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      if (fence === 0) await platform.login?.(name, dir);
      const store = stores.get(name) ?? new Map<string, JsonValue>();
      stores.set(name, store);
      silence = new AbortController();
      const { signal } = silence;
      const mine = { proved: false };
      fence++;
      const begin = (): Promise<RunningChannel> =>
        channel.start({
          account: name,
          config: platform.account(name),
          dir,
          store: {
            get: (at) => structuredClone(store.get(at)),
            set: async (at, value) => {
              await Promise.resolve();
              if (!signal.aborted) store.set(at, structuredClone(value));
            },
          },
          clock: time,
          logger: silentLogger,
          signal,
          fence,
          receive: async (event) => {
            rig.events.push(event);
            if (rig.intercept) return rig.intercept(event);
            if (rig.desk && event.kind === "message") return rig.desk.receive(event);
            return { accepted: true, duplicate: false };
          },
          proved: (direction) => {
            rig.proofs[direction]++;
            if (direction === "receive") mine.proved = true;
          },
          trouble: (trouble) => void rig.troubles.push(trouble),
        });
      // As the gateway does: what does not start for a passing reason is started again.
      const started = (async () => {
        for (let wait = 2000; ; wait = Math.min(60_000, wait * 2)) {
          try {
            return await begin();
          } catch (error) {
            if (error instanceof UserError || signal.aborted) throw error;
            rig.troubles.push({ code: "START", message: messageOf(error) });
            await new Promise<void>((resolve) => time.after(wait, resolve));
          }
        }
      })();
      account = await time.during("the account to start", started, 3_600_000);
      if (Number.isFinite(manifest.capabilities.silenceMs))
        await time.until("the account to receive", () => mine.proved, 3_600_000);
      rig.desk?.attach(account);
    },
    async down() {
      const stopping = account;
      account = null;
      rig.desk?.attach(null);
      silence.abort(new Error("stopped"));
      if (stopping) await time.during("the account to stop", stopping.stop());
      if (rig.desk) await time.during("the ledger to close", rig.desk.close());
      rig.desk = null;
    },
    async crash() {
      const dying = account;
      account = null;
      const { desk } = rig;
      rig.desk = null;
      rig.intercept = () => new Promise(() => {});
      // A dead process says nothing more: whatever the adapter still tries finds no network.
      platform.faults.cut?.(true);
      silence.abort(new Error("killed"));
      if (desk) await time.during("the ledger to die", desk.kill());
      if (dying) await time.during("the account to die", Promise.race([dying.stop(), grace(time)]));
      platform.faults.cut?.(false);
      rig.intercept = null;
    },
    running() {
      if (!account) throw new Error("the account is not running");
      return account;
    },
    fault(name) {
      const fault = platform.faults[name];
      if (!fault) throw new Error(`the double has no fault "${name}": add it, or a gap with its reason`);
      return fault;
    },
    async event(what, pick) {
      await time.until(what, () => rig.events.some(pick));
      const found = rig.events.find(pick);
      if (!found) throw new Error(`no event: ${what}`);
      return found;
    },
    message: (text) =>
      rig.event(
        `the message ${JSON.stringify(text.slice(0, 60))}`,
        (event): event is InboundMessageEvent => event.kind === "message" && event.text === text,
      ),
    send(message) {
      const whole = {
        kind: "message",
        key: `k:${key++}`,
        to: platform.world.direct,
        text: "",
        ...message,
      } as Outbound;
      return time.during("the send to end", rig.running().send(whole, AbortSignal.any([])), 3_600_000);
    },
    async sent(message) {
      const result = await rig.send(message);
      if (result.kind !== "sent") throw new Error(`not sent: ${result.kind} ${result.error}`);
      const id = result.receipt["messageId"];
      if (typeof id !== "string" || id === "") throw new Error("the receipt has no messageId");
      return id;
    },
    shown: () => platform.seen().filter((each) => !each.deleted),
    async close() {
      try {
        await rig.down();
      } finally {
        await platform.stop();
        time.release();
        rmSync(home, { recursive: true, force: true });
      }
    },
  };
  return rig;
}

function grace(time: SimClock): Promise<void> {
  return new Promise((resolve) => time.after(60_000, resolve));
}
