import { webhookManifest } from "../../src/channels/webhook/manifest.ts";
import type { ChannelContext } from "../../src/channels/contract.ts";
import { createChannelHost, type AccountSettings } from "../../src/routing/index.ts";
import { scriptedChannel } from "../support/scripted-channel.ts";
import type { UiHarness } from "./harness.ts";

/** A real channel host with two accounts of a platform in memory, one logs in by QR code; for `startUi({ prepare })`. */
export function scriptedAccounts() {
  const channel = scriptedChannel({ can: ["direct", "login"] });
  const login = Promise.withResolvers<{ identity: string }>();
  channel.login = (context) => {
    context.show(
      context.phoneNumber === undefined
        ? { kind: "qr", data: "2@scan-me-please", expiresAt: context.clock.now() + 60_000 }
        : { kind: "code", code: "ABCD-1234" },
    );
    return login.promise;
  };
  const settings = (account: string) =>
    ({
      channel: "scripted",
      account,
      enabled: true,
      agentId: "main",
      config: { token: account },
      policy: { dmPolicy: "pairing" },
    }) as unknown as AccountSettings;
  const made: { host?: ReturnType<typeof createChannelHost>; harness?: UiHarness["harness"] } = {};
  return {
    channel,
    /** Ends the login that is under way. */
    loggedIn: (identity: string) => login.resolve({ identity }),
    accountOf: (account: string): ChannelContext | undefined =>
      channel.starts.findLast((context) => context.account === account),
    prepare(harness: UiHarness["harness"]) {
      const { services } = harness;
      made.harness = harness;
      made.host = createChannelHost({
        available: [{ ...channel.manifest, exclusive: () => null }, webhookManifest],
        paths: services.paths,
        accounts: () => [settings("default"), settings("spare")],
        ledger: services.ledger,
        gate: { check: () => Promise.reject(new Error("nobody speaks here")) },
        media: {
          put: (bytes) => services.sessions.putMedia(bytes),
          get: (digest) => services.sessions.getMedia(digest),
          fetch: () => Promise.reject(new Error("nothing is fetched here")),
        },
        claimLogin: () => ({ heldBy: null }),
        live: () => ({
          ack: { emoji: "", scope: "off", removeAfterReply: false },
          typingIntervalMs: 0,
          styleOf: () => ({ prefix: "", limit: 4000, replyTo: "off", preview: false }),
        }),
        mediaMaxBytes: () => 1000,
        clock: services.clock,
        logger: services.logger,
      });
      services.channels = made.host;
    },
    async start() {
      if (made.harness) await made.host?.start(made.harness.services.runs);
    },
    stop: () => made.host?.stop(),
  };
}
