import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { ChannelContext, ChannelTrouble } from "../contract.ts";
import { createBackoff, type Fields, text } from "../shared/index.ts";
import type { SlackApi } from "./api.ts";
import { isHostOf } from "./api.ts";
import { SlackFailure, troubleOf } from "./failure.ts";
import { openSocket, type SlackSocket } from "./socket.ts";

/** Before it is said that another program takes events: Slack counts a dead connection for a while. */
const contestedAfterMs = 90_000;

export interface LiveDeps {
  /** With the app-level token. */
  api: SlackApi;
  apiRoot: string;
  context: Pick<ChannelContext, "account" | "clock" | "logger" | "proved" | "trouble">;
  signal: AbortSignal;
  /** Resolves once the envelope may be acknowledged; rejects when Slack shall send it again. */
  take(envelope: Fields): Promise<void>;
  /** A connection stands; `gap` when there was a time without one. */
  connected(gap: boolean): void;
}

/**
 * Keeps a connection of Socket Mode until the signal aborts, or until connecting is useless: then it resolves, having
 * said so. A connection that Slack is about to close is replaced before it ends.
 */
export async function stayConnected(deps: LiveDeps): Promise<void> {
  const { api, context, signal } = deps;
  const { clock, logger } = context;
  const backoff = createBackoff({ firstMs: 1000, capMs: 60_000 });
  let previous: SlackSocket | null = null;
  let suspected = false;

  async function connect(): Promise<SlackSocket> {
    const url = text((await api.call("apps.connections.open", {}, { signal }))["url"]);
    if (!/^wss?:/.test(url) || !isHostOf(url.replace(/^ws/, "http"), new URL(deps.apiRoot)))
      throw new SlackFailure("Slack gave a connection address that is not its own", {
        status: 502,
        ambiguous: false,
      });
    const holder: { socket: SlackSocket | null } = { socket: null };
    const early: Fields[] = [];
    const socket = await openSocket({
      url,
      clock,
      signal,
      onProof: () => context.proved("receive"),
      onEnvelope: (envelope) => {
        if (holder.socket) handle(envelope, holder.socket);
        else early.push(envelope);
      },
    });
    holder.socket = socket;
    deps.connected(previous?.isOpen() !== true);
    for (const envelope of early) handle(envelope, socket);
    return socket;
  }

  function handle(envelope: Fields, socket: SlackSocket): void {
    deps.take(envelope).then(
      () => socket.acknowledge(text(envelope["envelope_id"])),
      (error: unknown) =>
        logger.warn("an event was not taken; Slack will send it again", { error: messageOf(error) }),
    );
  }

  /** Slack hands each event to one of the connections of an app: another program's would get some of ours. */
  function notice(connections: number | undefined, socket: SlackSocket): void {
    const others = (connections ?? 1) > (previous?.isOpen() ? 2 : 1);
    if (others && suspected)
      context.trouble({
        code: "CONFLICT",
        message: "another program is connected with this app and takes some of its events",
        hint: "stop the other program, or give this gateway an app of its own: openclaw channels add --channel slack",
      });
    // A connection costs a call of which Slack allows one a minute.
    const waitMs = suspected ? contestedAfterMs * 4 : contestedAfterMs;
    suspected = others;
    if (others) clock.after(waitMs, () => void (socket.isOpen() && look.again?.()));
  }
  const look: { again: (() => void) | null } = { again: null };

  while (!signal.aborted) {
    try {
      const socket = await connect();
      backoff.reset();
      notice(socket.connections, socket);
      previous?.close();
      previous = socket;
      const checked = new Promise<{ kind: "refresh" }>((resolve) => {
        look.again = () => resolve({ kind: "refresh" });
      });
      const end = await Promise.race([socket.over, checked]);
      if (end.kind === "refresh") continue;
      socket.close();
      if (signal.aborted) return;
      if (end.kind === "disabled") {
        context.trouble(disabled);
        return;
      }
      throw new SlackFailure(end.message, { status: 0, ambiguous: false });
    } catch (error) {
      if (signal.aborted) return;
      const failure = error instanceof SlackFailure ? error : null;
      const waitMs = backoff.next(failure?.retryAfterMs);
      const trouble = failure
        ? troubleOf(failure, { account: context.account, now: clock.now() })
        : { code: "NETWORK", message: messageOf(error) };
      context.trouble({
        ...(trouble ?? { code: "PLATFORM_ERROR", message: messageOf(error) }),
        ...(trouble?.fatal ? {} : { retryAt: clock.now() + waitMs }),
      });
      if (trouble?.fatal) return;
      await sleep(clock, waitMs, signal).catch(() => undefined);
    }
  }
}

const disabled: ChannelTrouble = {
  code: "CONFLICT",
  message: "Socket Mode is switched off in the settings of the app",
  hint: "switch it on at api.slack.com/apps, then: openclaw gateway restart",
  fatal: true,
};
