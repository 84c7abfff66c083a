import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { InboundEvent } from "../../src/channels/contract.ts";
import type { Principal } from "../../src/core/authority.ts";
import { UserError } from "../../src/core/errors.ts";
import { silentLogger } from "../../src/core/logger.ts";
import type { RunEvent } from "../../src/core/run-events.ts";
import type { AccountSettings } from "../../src/routing/accounts.ts";
import { createChannelHost, type OwnedChannelHost } from "../../src/routing/channel-host.ts";
import type { RunService, Submission } from "../../src/routing/contract.ts";
import type { ReactionNotes } from "../../src/routing/reaction-notes.ts";
import { openStorage, type Storage } from "../../src/sessions/index.ts";
import { createLoginLeases, resolvePaths } from "../../src/state/index.ts";
import { policy } from "./ledger-values.ts";
import { manualClock, type ManualClock } from "./manual-clock.ts";
import type { ScriptedChannel } from "./scripted-channel.ts";

// A channel host over a real ledger, with simulated time and runs that are only written down. Imported by a test file,
// it opens a new one before each test.

/** Of the test that runs. */
export let home: string;
export let storage: Storage;
export let clock: ManualClock;
const hosts: OwnedChannelHost[] = [];
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "openclaw-host-"));
  clock = manualClock();
  storage = await openStorage({
    paths: resolvePaths({ env: {}, home }),
    clock,
    logger: silentLogger,
    policy: () => policy(),
  });
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
  await storage.close();
  rmSync(home, { recursive: true, force: true });
});

const principal: Principal = {
  kind: "sender",
  id: "scripted:default:alice",
  role: "operator",
  scopes: new Set(),
  owner: false,
};

/** Runs that are only written down. */
export function writtenRuns() {
  const submissions: Submission[] = [];
  const listeners = new Set<(event: RunEvent) => void>();
  const runs: RunService = {
    async submit(submission) {
      submissions.push(submission);
      const { row } = await storage.ledger.accept({
        dedupeKey: `${submission.door}:${submission.key}`,
        runId: submission.key,
        door: submission.door,
        sessionKey: submission.sessionKey,
        sessionKeyAsSent: submission.sessionKey,
        agentId: "main",
        principal: { ...principal, scopes: [] },
        origin: { door: submission.door, trust: "member" },
        text: submission.text,
        media: submission.media ?? [],
        mode: "followup",
        deliverTo: submission.deliverTo ?? null,
        options: {},
      });
      return {
        runId: row.runId,
        status: "started",
        sessionKey: row.sessionKey,
        acceptedAt: 0,
        outcome: null,
      };
    },
    wait: () => Promise.resolve(null),
    abort: () => Promise.resolve([]),
    subscribe(listener) {
      const each = (event: RunEvent) => listener(event, "", undefined);
      listeners.add(each);
      return () => void listeners.delete(each);
    },
    drain: () => Promise.resolve(),
  };
  const base = { runId: "", sessionKey: "agent:main:scripted:dm:alice", agentId: "main", seq: 1, at: 0 };
  const emit = (event: Partial<RunEvent> & { type: RunEvent["type"]; runId: string }) =>
    listeners.forEach((listen) => listen({ ...base, ...event } as RunEvent));
  return { runs, submissions, emit };
}

export function openHost(
  channel: ScriptedChannel,
  change: {
    stateDir?: string;
    config?: object;
    pause?: { minMs: number; maxMs: number };
    reactions?: Pick<ReactionNotes, "note">;
  } = {},
) {
  const settings = {
    channel: "scripted",
    account: "default",
    enabled: true,
    agentId: "main",
    config: { token: "t1", ...change.config },
    policy: { dmPolicy: "open" },
  } as unknown as AccountSettings;
  const made = createChannelHost({
    available: [channel.manifest],
    accounts: () => [settings],
    paths: resolvePaths({ env: {}, home }),
    ledger: storage.ledger,
    media: {
      put: (bytes) => storage.sessions.putMedia(bytes),
      get: (digest) => storage.sessions.getMedia(digest),
      fetch: (url) =>
        url.endsWith("/gone")
          ? Promise.reject(new UserError("MEDIA_FETCH", "404"))
          : Promise.resolve({ bytes: Buffer.from("pixels"), mimeType: "image/png", fileName: "a.png" }),
    },
    gate: {
      check: (of, event) =>
        Promise.resolve({
          admitted: true,
          event,
          principal: { ...principal, id: `scripted:default:${event.sender.id}` },
          door: "channel:scripted",
          routes: [
            {
              agentId: of.agentId,
              sessionKey: "agent:main:scripted:dm:alice",
              key: `scripted:default:${event.messageId}`,
            },
          ],
          deliverTo: { channel: "scripted", account: "default", to: event.chat.id },
          sender: event.sender.id,
        }),
    },
    ...(change.reactions ? { reactions: change.reactions } : {}),
    onAction: (event, by) => Promise.resolve(event.value === "yes" ? `${by.id} said yes` : null),
    claimLogin: (login) =>
      createLoginLeases({
        dir: join(home, "leases"),
        fallbackDir: join(home, "other"),
        stateDir: change.stateDir ?? "/one",
        clock,
      }).claim(login),
    live: () => ({
      ack: { emoji: "👀", scope: "all", removeAfterReply: true },
      typingIntervalMs: 6000,
      styleOf: () => ({
        prefix: "",
        limit: 300,
        replyTo: "first",
        preview: true,
        previewEveryMs: 1000,
        ...(change.pause ? { pause: change.pause } : {}),
      }),
    }),
    mediaMaxBytes: () => 100,
    clock,
    logger: silentLogger,
  });
  hosts.push(made);
  return made;
}

/** Lets the event loop turn until `met`; simulated time moves only where asked. */
export async function until(met: () => boolean, stepMs = 0): Promise<void> {
  for (let turn = 0; turn < 2000; turn++) {
    if (met()) return;
    await new Promise((resolve) => setImmediate(resolve));
    if (stepMs > 0 && turn % 10 === 9) clock.advance(stepMs);
  }
  throw new Error("it did not come to that");
}

export const message = (id: string, change: object = {}): InboundEvent => ({
  kind: "message",
  channel: "scripted",
  account: "default",
  messageId: id,
  chat: { kind: "direct", id: "chat-a" },
  sender: { id: "alice" },
  sentAt: 1,
  text: `text ${id}`,
  mentioned: true,
  ...change,
});
export const put = (key: string, to = "chat-a", content?: object) =>
  storage.ledger.enqueueDelivery({
    key,
    runId: null,
    target: { channel: "scripted", account: "default", to },
    text: key,
    ...(content as object),
  });
export const state = (key: string) => storage.ledger.deliveries({ key })[0]?.state;
export const status = (of: OwnedChannelHost) => of.accounts("scripted")[0];
