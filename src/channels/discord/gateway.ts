import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { ChannelContext, ChannelTrouble } from "../contract.ts";
import { createBackoff } from "../shared/index.ts";
import { connect, type Connected, type ConnectionEnd } from "./connection.ts";
import { DiscordFailure, tokenRefused, troubleOf } from "./failure.ts";
import type { DiscordRest } from "./rest.ts";
import type { DiscordSettings } from "./settings.ts";
import { gatewayAddress } from "./socket.ts";
import type { DiscordState } from "./state.ts";
import type { WireReady } from "./types.ts";
import { closeCode } from "./wire.ts";

export interface GatewayOptions {
  rest: DiscordRest;
  settings: DiscordSettings;
  state: DiscordState;
  context: Pick<ChannelContext, "account" | "clock" | "logger" | "proved" | "trouble">;
  signal: AbortSignal;
  /** A new session: everything before it has to be asked for. Its events wait until this resolves. */
  onReady: (ready: WireReady, signal: AbortSignal) => Promise<void>;
  /** One event; `id` stays the same when the gateway sends it again. Rejects when it could not be stored. */
  onEvent: (event: { name: string; data: unknown; id: string }, signal: AbortSignal) => Promise<void>;
}

/** Discord allows a thousand new sessions a day; a privilege that is missing will not be there a second later. */
const afterMissingIntentMs = 5 * 60_000;
const steadyAfterMs = 60_000;
/** Tries at the address of the session before the general one is asked for. */
const triesAtSession = 3;

/**
 * Keeps connected to the gateway until the signal aborts, or until connecting is useless: then it resolves, having said
 * so. A session goes on after a lost connection, and after a restart, where Discord still has it.
 */
export async function liveOnGateway(options: GatewayOptions): Promise<void> {
  const { context, settings, signal, state, rest } = options;
  const { clock, logger } = context;
  const backoff = createBackoff({ firstMs: 1000, capMs: 60_000 });
  let failedAtSession = 0;

  while (!signal.aborted) {
    const began = clock.monotonic();
    let end: ConnectionEnd;
    try {
      const url = await address();
      end = await connect({ ...options, url, connected });
    } catch (error) {
      if (signal.aborted) return;
      end = { kind: "failed", error };
    }
    if (signal.aborted) return;
    if (clock.monotonic() - began > steadyAfterMs || (end.kind === "closed" && end.progress)) backoff.reset();
    if (end.kind === "closed" && !end.established) failedAtSession += 1;
    const next = judge(end);
    if (next.trouble) {
      context.trouble({
        ...next.trouble,
        ...(next.trouble.fatal ? {} : { retryAt: clock.now() + next.waitMs }),
      });
      if (next.trouble.fatal) return;
    }
    await sleep(clock, next.waitMs, signal).catch(() => undefined);
  }

  function connected(how: Connected): void {
    failedAtSession = 0;
    logger.info(how === "resumed" ? "the session goes on" : "connected");
  }

  /** Where to connect; asks for it where no session tells. */
  async function address(): Promise<string> {
    const session = state.session();
    if (session && failedAtSession < triesAtSession) {
      try {
        return gatewayAddress(session.url, settings);
      } catch (error) {
        // Written down under another configuration.
        logger.debug("the session's address is of no use", { error: messageOf(error) });
        state.setSession(null);
      }
    }
    const info = (await rest.call({ method: "GET", path: "/gateway/bot" }, { signal })) as {
      url: string;
      session_start_limit: { remaining: number; reset_after: number };
    };
    const { remaining, reset_after: resetAfterMs } = info.session_start_limit;
    if (!session && remaining <= 0)
      throw new DiscordFailure("Discord allows no further session of this bot for now", {
        status: 429,
        ambiguous: false,
        retryAfterMs: resetAfterMs,
      });
    return gatewayAddress(info.url, settings);
  }

  function judge(end: ConnectionEnd): { waitMs: number; trouble: ChannelTrouble | null } {
    if (end.kind !== "closed") {
      const { error } = end;
      const failure = error instanceof DiscordFailure ? error : null;
      const known = failure && troubleOf(failure, { account: context.account, now: clock.now() });
      const unknown =
        end.kind === "not-stored" && !failure
          ? { code: "NOT_STORED", message: `a message could not be stored: ${messageOf(error)}` }
          : { code: failure ? "PLATFORM_ERROR" : "INTERNAL", message: messageOf(error) };
      return { waitMs: backoff.next(failure?.retryAfterMs), trouble: known ?? unknown };
    }
    // What the gateway asked for is no trouble.
    if (end.asked) return { waitMs: backoff.next(end.waitMs), trouble: null };
    return judgeCode(end.code, end.reason);
  }

  function judgeCode(code: number, reason: string): { waitMs: number; trouble: ChannelTrouble } {
    const at = `channels.discord${context.account === "default" ? "" : `.accounts.${context.account}`}`;
    switch (code) {
      case closeCode.tokenRefused:
        return { waitMs: 0, trouble: tokenRefused(context.account) };
      case closeCode.disallowedIntents:
        return {
          waitMs: afterMissingIntentMs,
          trouble: {
            code: "INTENT_MISSING",
            message: "the bot may not read the words of messages in servers",
            hint: `switch on "Message Content Intent" at discord.com/developers/applications (Bot), or do without, for direct messages and mentions only: openclaw config set ${at}.messageContent false`,
          },
        };
      case closeCode.invalidShard:
      case closeCode.shardingRequired:
        return {
          waitMs: 0,
          trouble: {
            code: "TOO_MANY_SERVERS",
            message: "the bot is in more servers than one connection may serve (2500)",
            hint: "take the bot out of servers, or give this gateway a bot of its own: openclaw channels add --channel discord --token <token>",
            fatal: true,
          },
        };
      case closeCode.invalidVersion:
      case closeCode.invalidIntents:
        return {
          waitMs: 0,
          trouble: {
            code: "PLATFORM_CHANGED",
            message: `Discord no longer takes this version's way of connecting (${code})`,
            hint: "openclaw update",
            fatal: true,
          },
        };
      default:
        return {
          waitMs: backoff.next(),
          trouble: { code: "NETWORK", message: `the connection to Discord ended: ${reason}` },
        };
    }
  }
}
