import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../../src/core/logger.ts";
import type { JsonValue } from "../../src/core/json.ts";
import type {
  Channel,
  ChannelContext,
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
import { loginDir, openDesk, type Desk } from "./desk.ts";
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
  intercept: ((event: InboundEvent, pass: () => Promise<InboundVerdict>) => Promise<InboundVerdict>) | null;
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
  const facts = new Map<string, JsonValue>();
  let account: RunningChannel | null = null;
  let silence = new AbortController();
  let fence = 0;
  let key = 0;
  const proved = { now: false };
  /** Ends what a killed gateway was asked and never answers. */
  let death = Promise.withResolvers<never>();

  const platform = await double.start({
    clock: time,
    async deliver(name, request) {
      const answer = rig.desk
        ? await rig.desk.handleWebhook(manifest.id, name, request)
        : await account?.handleWebhook?.(request);
      return answer ?? { status: 503, body: "" };
    },
  });
  runningDouble = platform;

  /** What the adapter is given, with the case looking on. */
  function watched(context: ChannelContext): ChannelContext {
    return {
      ...context,
      receive(event) {
        rig.events.push(event);
        if (!rig.intercept) return context.receive(event);
        return Promise.race([rig.intercept(event, () => context.receive(event)), death.promise]);
      },
      proved(direction) {
        rig.proofs[direction]++;
        if (direction === "receive") proved.now = true;
        context.proved(direction);
      },
      trouble(trouble) {
        rig.troubles.push(trouble);
        context.trouble(trouble);
      },
    };
  }

  /** The adapter alone: everything it hands in is taken. */
  function alone(name: string, dir: string): ChannelContext {
    return {
      account: name,
      config: platform.account(name),
      dir,
      store: {
        get: (at) => structuredClone(facts.get(at)),
        async set(at, value) {
          await Promise.resolve();
          facts.set(at, structuredClone(value));
        },
      },
      clock: time,
      logger: silentLogger,
      signal: silence.signal,
      fence,
      receive: () => Promise.resolve({ accepted: true, duplicate: false }),
      proved: () => {},
      trouble: () => {},
    };
  }

  async function upWithHost(name: string): Promise<void> {
    const loaded = await manifest.load();
    const spied: Channel = {
      ...loaded,
      start: async (context) => (account = await loaded.start(watched(context))),
    };
    const desk = await openDesk({
      home,
      time,
      manifest: { ...manifest, load: () => Promise.resolve(spied) },
      account: name,
      config: platform.account(name),
    });
    rig.desk = desk;
    await time.during("the host to start", desk.start(), 3_600_000);
    await time.until("the account to start", () => account !== null, 3_600_000);
  }

  const rig: Rig = {
    manifest,
    double: platform,
    world: platform.world,
    time,
    desk: null,
    events: [],
    troubles: [],
    proofs: { receive: 0, send: 0 },
    intercept: null,
    async up(name = "default") {
      const dir = loginDir(home, manifest.id, name);
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      if (fence++ === 0) await platform.login?.(name, dir);
      silence = new AbortController();
      proved.now = false;
      if (options.ledger) await upWithHost(name);
      else {
        const channel = await manifest.load();
        account = await time.during(
          "the account to start",
          channel.start(watched(alone(name, dir))),
          3_600_000,
        );
      }
      if (Number.isFinite(manifest.capabilities.silenceMs))
        await time.until("the account to receive", () => proved.now, 3_600_000);
    },
    async down() {
      const stopping = account;
      account = null;
      const { desk } = rig;
      if (desk) {
        await desk.close();
        rig.desk = null;
        return;
      }
      silence.abort(new Error("stopped"));
      if (stopping) await time.during("the account to stop", stopping.stop());
    },
    async crash() {
      const { desk } = rig;
      rig.desk = null;
      account = null;
      rig.intercept = () => new Promise(() => {});
      // A dead process says nothing more: whatever the adapter still tries finds no network.
      platform.faults.cut?.(true);
      death.promise.catch(() => undefined);
      death.reject(new Error("killed"));
      death = Promise.withResolvers();
      await desk?.kill();
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
