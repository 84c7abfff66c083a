import type {
  Channel,
  ChannelCapabilities,
  ChannelContext,
  ChannelManifest,
  Outbound,
  SendResult,
} from "../../src/channels/contract.ts";

/** A platform in memory whose every answer the test decides. */
export interface ScriptedChannel {
  manifest: ChannelManifest;
  /** Contexts of every start, newest last. */
  starts: ChannelContext[];
  /** Everything it was asked to send. */
  sent: Outbound[];
  /** Messages people see, by the platform's id. */
  shown: Map<string, string>;
  stops: number;
  /** Decides a send before it has an effect; undefined lets it succeed. May wait. */
  onSend: (message: Outbound) => SendResult | undefined | Promise<SendResult | undefined>;
  /** Thrown by the next starts, first to last. */
  startErrors: Error[];
  typing: boolean[];
  /** How one logs in; absent where a token is all. */
  login?: NonNullable<Channel["login"]>;
}

export function scriptedChannel(change: Partial<ChannelCapabilities> = {}): ScriptedChannel {
  const byKey = new Map<string, { messageId: string }>();
  const channel: ScriptedChannel = {
    starts: [],
    sent: [],
    shown: new Map(),
    stops: 0,
    onSend: () => undefined,
    startErrors: [],
    typing: [],
    manifest: {
      id: "scripted",
      label: "Scripted",
      capabilities: {
        ambiguousSend: "unknown",
        maxTextLength: 300,
        maxMediaBytes: 1000,
        can: [
          "direct",
          "groups",
          "edit",
          "delete",
          "react",
          "replies",
          "media-in",
          "media-out",
          "typing",
          "buttons",
        ],
        gaps: {},
        silenceMs: 120_000,
        ...change,
      },
      credentials: [{ key: "token", flag: "--token", title: "Token" }],
      exclusive: (config) => (typeof config["token"] === "string" ? config["token"] : null),
      check: () => [],
      load: () =>
        Promise.resolve({
          id: "scripted",
          label: "Scripted",
          ...(channel.login
            ? { login: channel.login, logout: () => Promise.resolve({ cleared: true }) }
            : {}),
          start(context) {
            const error = channel.startErrors.shift();
            if (error) return Promise.reject(error);
            channel.starts.push(context);
            return Promise.resolve({
              async send(message) {
                channel.sent.push(message);
                const decided = await channel.onSend(message);
                if (decided && decided.kind !== "sent") return decided;
                return decided ?? effect(message);
              },
              query: (key) => Promise.resolve(byKey.get(key) ?? null),
              probe: () => Promise.resolve({ ok: true, state: "connected", elapsedMs: 1 }),
              typing: (_to, on) => Promise.resolve(void channel.typing.push(on)),
              stop: () => Promise.resolve(void channel.stops++),
            });
          },
        }),
    },
  };

  function effect(message: Outbound): SendResult {
    if (message.kind === "edit") channel.shown.set(message.messageId, message.text);
    if (message.kind === "delete") channel.shown.delete(message.messageId);
    if (message.kind !== "message") return { kind: "sent", receipt: {} };
    const known = byKey.get(message.key);
    const receipt = known ?? { messageId: `m${byKey.size + 1}` };
    byKey.set(message.key, receipt);
    channel.shown.set(receipt.messageId, message.text);
    return { kind: "sent", receipt };
  }
  return channel;
}
