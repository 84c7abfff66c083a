// The suite itself: an adapter that is wrong must not pass.
import { describe, expect, it } from "vitest";
import type { ChannelContext, RunningChannel } from "../../src/channels/contract.ts";
import { webhookDouble } from "../fakes/webhook/driver.ts";
import { conformanceCases, type CaseId } from "./cases.ts";
import { gapOf, playCase } from "./conformance.ts";
import type { ChannelDouble } from "./driver.ts";

interface Sabotage {
  /** What the adapter is given, falsified. */
  context?: (real: ChannelContext) => ChannelContext;
  /** What the adapter does, falsified. */
  running?: (real: RunningChannel) => RunningChannel;
}

function broken({ context = (real) => real, running = (real) => real }: Sabotage): ChannelDouble {
  const { manifest } = webhookDouble;
  const load = async () => {
    const channel = await manifest.load();
    return {
      ...channel,
      start: async (given: ChannelContext) => running(await channel.start(context(given))),
    };
  };
  return { ...webhookDouble, manifest: { ...manifest, load } };
}

function caseOf(id: CaseId) {
  const found = conformanceCases.find((each) => each.id === id);
  if (!found) throw new Error(`no case ${id}`);
  return found;
}

let serial = 0;
const faults: Array<[what: string, sabotage: Sabotage, cases: CaseId[]]> = [
  [
    "acknowledges before the message is stored",
    {
      context: (real) => ({
        ...real,
        receive(event) {
          real.receive(event).catch(() => undefined);
          return Promise.resolve({ accepted: true, duplicate: false });
        },
      }),
    },
    ["crash-before-commit", "store-fails"],
  ],
  [
    "gives an event another id each time",
    {
      context: (real) => ({
        ...real,
        receive: (event) => real.receive({ ...event, messageId: `x${++serial}` }),
      }),
    },
    ["duplicate-in", "crash-after-commit", "text-in"],
  ],
  [
    "sends a message again under another key",
    {
      running: (real) => ({
        ...real,
        send: (message, signal) => real.send({ ...message, key: `x${++serial}` }, signal),
      }),
    },
    ["lost-answer", "day"],
  ],
  [
    "takes a failure for the end",
    {
      running: (real) => ({
        ...real,
        async send(message, signal) {
          const result = await real.send(message, signal);
          return result.kind === "retry" ? { kind: "dead", error: result.error } : result;
        },
      }),
    },
    ["rate-limit", "server-error"],
  ],
  [
    "calls every send sent",
    {
      running: (real) => ({
        ...real,
        async send(message, signal) {
          await real.send(message, signal).catch(() => undefined);
          return { kind: "sent", receipt: { messageId: "m" } };
        },
      }),
    },
    ["server-error", "lost-request", "cut"],
  ],
  [
    "always looks connected, and proves nothing",
    {
      context: (real) => ({ ...real, proved: () => {} }),
      running: (real) => ({
        ...real,
        probe: () => Promise.resolve({ ok: true, state: "connected", elapsedMs: 0 }),
      }),
    },
    ["probe", "evidence"],
  ],
  [
    "takes everybody for the same person, and groups for direct chats",
    {
      context: (real) => ({
        ...real,
        receive: (event) =>
          real.receive({ ...event, chat: { kind: "direct", id: "alice" }, sender: { id: "alice" } }),
      }),
    },
    ["direct", "group"],
  ],
];

describe.each(faults)("an adapter that %s", (_, sabotage, cases) => {
  it.each(cases)("fails %s", async (id) => {
    // That the true adapter passes the long one is shown by its own test.
    if (id !== "day") await playCase(webhookDouble, caseOf(id));
    await expect(playCase(broken(sabotage), caseOf(id))).rejects.toThrow();
  });
});

it("has a case for every line of the matrix, and takes no claim on trust", () => {
  expect(new Set(conformanceCases.map(({ id }) => id)).size).toBe(conformanceCases.length);
  const { manifest } = webhookDouble;
  const claims = (can: typeof manifest.capabilities.can): ChannelDouble => ({
    ...webhookDouble,
    manifest: { ...manifest, capabilities: { ...manifest.capabilities, can, gaps: {} } },
  });
  expect(gapOf(claims(["media-in"]), caseOf("image-in"))).toBeNull();
  expect(gapOf(claims([]), caseOf("image-in"))).toBe("");
  expect(gapOf(webhookDouble, caseOf("half-open"))).toMatch(/request of its own/);
});
