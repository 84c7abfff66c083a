import { sleep } from "../../../core/clock.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandContext } from "../../contract.ts";
import { setting } from "../../target.ts";

export interface AccountOutcome {
  state: "connected" | "trouble" | "not running" | "unknown";
  /** What to tell. */
  lines: string[];
}

const watchMs = 20_000;
/** By then a running gateway has read a changed file; what still stands is what became of it. */
const rereadMs = 5000;
const lookMs = 300;

/** When the account was last started, as a running gateway has it: what it says of an older start is out of date. */
export async function startOf(
  context: CommandContext,
  place: { channel: string; account: string },
): Promise<unknown> {
  if (!(await context.runningGateway())) return undefined;
  const client = await context.connect();
  try {
    return find(await client.call("channels.status", {}, { signal: context.signal }), place)?.lastStartAt;
  } finally {
    client.close();
  }
}

/**
 * What becomes of an account that was just configured; a running gateway takes the change up by itself. `before` is its
 * {@link startOf} from before the change.
 */
export async function watchAccount(
  context: CommandContext,
  place: { channel: string; account: string },
  before?: unknown,
): Promise<AccountOutcome> {
  const { clock, signal } = context;
  if (!(await context.runningGateway()))
    return {
      state: "not running",
      lines: ["The gateway does not run; it takes the account up when it starts: openclaw gateway"],
    };
  const client = await context.connect();
  try {
    const began = clock.monotonic();
    const until = began + watchMs;
    let last: Record<string, unknown> | null = null;
    while (clock.monotonic() < until) {
      last = find(await client.call("channels.status", {}, { signal }), place);
      const isOld = before !== undefined && last?.lastStartAt === before;
      if (isOld && clock.monotonic() < began + rereadMs) {
        await sleep(clock, lookMs, signal);
        continue;
      }
      if (last?.connected === true) {
        // Its start says that the platform answered; the probe says as whom.
        const probed = find(
          await client.call("channels.status", { probe: true }, { signal, timeoutMs: 15_000 }),
          place,
        );
        const identity = setting(probed, "probe.identity");
        const who = typeof identity === "string" ? ` as ${identity}` : "";
        return { state: "connected", lines: [`Connected${who}`] };
      }
      // While it starts, the trouble of the try before still stands.
      const told = Number(setting(last, "trouble.since") ?? Infinity) >= Number(last?.lastStartAt ?? 0);
      if (last && told && typeof setting(last, "trouble.message") === "string") return troubleOf(last);
      await sleep(clock, lookMs, signal);
    }
    return last
      ? troubleOf(last)
      : {
          state: "unknown",
          lines: ["The gateway has not taken the change up yet: openclaw channels status"],
        };
  } finally {
    client.close();
  }
}

function find(answer: unknown, place: { channel: string; account: string }): Record<string, unknown> | null {
  const list = setting(answer, `channelAccounts.${place.channel}`);
  const found = Array.isArray(list)
    ? list.find((each) => isObject(each) && each.accountId === place.account)
    : null;
  return isObject(found) ? found : null;
}

function troubleOf(account: Record<string, unknown>): AccountOutcome {
  const said = setting(account, "trouble.message") ?? account.lastError;
  const message = typeof said === "string" ? said : "it is not connected yet";
  const hint = setting(account, "trouble.hint");
  return {
    state: "trouble",
    lines: [`Not connected: ${message}`, ...(typeof hint === "string" ? [`→ ${hint}`] : [])],
  };
}
