import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  clock,
  home,
  message,
  openHost,
  put,
  state,
  status,
  storage,
  until,
  writtenRuns,
} from "../../test/support/channel-bench.ts";
import { scriptedChannel } from "../../test/support/scripted-channel.ts";
import type { InboundEvent } from "../channels/contract.ts";
import { UserError } from "../core/errors.ts";

describe("an account", () => {
  it("comes up by itself after starts that fail, and then sends what waited without having used up a try", async () => {
    const channel = scriptedChannel();
    channel.startErrors = [new Error("ECONNREFUSED"), new Error("ECONNREFUSED")];
    const it = openHost(channel);
    await it.start(writtenRuns().runs);
    await put("k");
    it.wakeOutbox();
    expect(status(it)).toMatchObject({
      running: false,
      connected: false,
      trouble: { message: "ECONNREFUSED" },
    });
    expect(status(it)?.trouble?.retryAt).toBeGreaterThan(clock.now());
    await until(() => state("k") === "sent", 500);
    expect(storage.ledger.deliveries({ key: "k" })).toMatchObject([{ attempts: 1 }]);
    expect(status(it)).toMatchObject({ running: true, connected: true });
  });

  it("is not tried again when the configuration has to change", async () => {
    const channel = scriptedChannel();
    channel.startErrors = [new UserError("CHANNEL_CONFIG", "token: too short")];
    const it = openHost(channel);
    await it.start(writtenRuns().runs);
    clock.advance(3_600_000);
    await until(() => true);
    expect(channel.starts).toHaveLength(0);
    expect(it.health()).toMatchObject([{ failure: "CHANNEL_CONFIG", error: "token: too short" }]);
  });

  it("starts anew when it hears nothing, and says so meanwhile", async () => {
    const channel = scriptedChannel();
    const it = openHost(channel);
    await it.start(writtenRuns().runs);
    clock.advance(100_000);
    channel.starts[0]?.proved("receive");
    clock.advance(100_000);
    expect(status(it)).toMatchObject({ connected: true, lastProvedReceiveAt: clock.now() - 100_000 });
    clock.advance(60_000);
    expect(status(it)).toMatchObject({ connected: false, trouble: { code: "DEAF" } });
    await until(() => channel.starts.length === 2, 500);
    expect(channel.starts[0]?.signal.aborted).toBe(true);
    expect(channel.starts[1]?.fence).toBeGreaterThan(channel.starts[0]?.fence ?? 0);
    channel.starts[1]?.proved("receive");
    expect(status(it)).toMatchObject({ connected: true, trouble: null, reconnectAttempts: 0 });
  });

  it("stays down when the platform says so for good, until it is started again", async () => {
    const channel = scriptedChannel();
    const it = openHost(channel);
    await it.start(writtenRuns().runs);
    channel.starts[0]?.trouble({ code: "TOKEN_REVOKED", message: "401", hint: "renew it", fatal: true });
    await until(() => channel.stops === 1);
    clock.advance(3_600_000);
    await until(() => true);
    expect(channel.starts).toHaveLength(1);
    expect(status(it)).toMatchObject({
      running: false,
      trouble: { code: "TOKEN_REVOKED", hint: "renew it" },
    });
    await it.restartAccount("scripted", "default");
    expect(status(it)).toMatchObject({ running: true });
  });

  it("does not poll with a login another gateway uses, names that one, and takes over when it ends", async () => {
    const [one, two] = [scriptedChannel(), scriptedChannel()];
    const first = openHost(one, { stateDir: "/state/one" });
    const second = openHost(two, { stateDir: "/state/two" });
    await first.start(writtenRuns().runs);
    await second.start(writtenRuns().runs);
    expect(two.starts).toHaveLength(0);
    const { trouble } = status(second) ?? {};
    expect(trouble).toMatchObject({ code: "CONFLICT" });
    expect(trouble?.message).toContain(`/state/one, pid ${process.pid}`);
    await first.stop();
    await until(() => two.starts.length === 1, 1000);
    expect(two.starts[0]?.fence).toBeGreaterThan(one.starts[0]?.fence ?? 0);
  });

  it("falls silent at once when its lease was taken away", async () => {
    const channel = scriptedChannel();
    const it = openHost(channel);
    await it.start(writtenRuns().runs);
    rmSync(join(home, "leases"), { recursive: true });
    clock.advance(10_000);
    expect(channel.starts[0]?.signal.aborted).toBe(true);
    expect(status(it)).toMatchObject({ trouble: { code: "CONFLICT" } });
    await expect(channel.starts[0]?.receive(message("late"))).rejects.toThrow("stopped");
  });
});

describe("the outbox", () => {
  it("makes a question of a send nobody knows the end of, and does what the operator says", async () => {
    const channel = scriptedChannel({ ambiguousSend: "unknown" });
    channel.onSend = () => ({ kind: "unknown", error: "no answer" });
    const it = openHost(channel);
    await it.start(writtenRuns().runs);
    await put("k");
    it.wakeOutbox();
    await until(() => state("k") === "unknown");
    clock.advance(3_600_000);
    await until(() => true);
    expect(channel.sent).toHaveLength(1);
    channel.onSend = () => undefined;
    expect(await it.decide("k", "retry")).toMatchObject({ state: "pending" });
    await until(() => state("k") === "sent", 500);
    expect(await it.decide("k", "drop")).toBeNull();
  });

  it.each([
    ["asks where it can ask", "queryable", 1],
    ["sends again with the same key where repeats are dropped", "dedupes", 2],
  ] as const)("%s", async (_name, ambiguousSend, sends) => {
    const channel = scriptedChannel({ ambiguousSend });
    const it = openHost(channel);
    await it.start(writtenRuns().runs);
    // It arrives, and then the answer is lost.
    const lost = { count: 0 };
    channel.onSend = async (sent) => {
      if (lost.count++ > 0 || sent.kind !== "message") return undefined;
      channel.onSend = () => undefined;
      await (
        await channel.manifest.load()
      )
        .start(channel.starts[0] as never)
        .then((r) => r.send(sent, AbortSignal.timeout(1000)));
      channel.starts.pop();
      channel.sent.pop();
      throw new Error("socket hang up");
    };
    await put("k");
    it.wakeOutbox();
    await until(() => state("k") === "sent", 200);
    expect(channel.sent.map(({ key }) => key)).toEqual(Array.from({ length: sends }, () => "k"));
    expect([...channel.shown.values()]).toEqual(["k"]);
  });

  it("keeps the order of a chat, and one slow chat does not hold up another", async () => {
    const channel = scriptedChannel();
    const gate = Promise.withResolvers<undefined>();
    channel.onSend = (sent) => (sent.to === "slow" ? gate.promise : undefined);
    const it = openHost(channel);
    await it.start(writtenRuns().runs);
    for (const [key, to] of [
      ["s1", "slow"],
      ["s2", "slow"],
      ["f1", "fast"],
      ["f2", "fast"],
    ] as const)
      await put(key, to);
    it.wakeOutbox();
    await until(() => state("f2") === "sent");
    expect([state("s1"), state("s2")]).toEqual(["sending", "pending"]);
    gate.resolve(undefined);
    await until(() => state("s2") === "sent");
    expect(channel.sent.filter(({ to }) => to === "slow").map(({ key }) => key)).toEqual(["s1", "s2"]);
  });

  it("sends files, and an address in words where the file cannot be had", async () => {
    const channel = scriptedChannel();
    const it = openHost(channel);
    await it.start(writtenRuns().runs);
    await put("with", "chat-a", { mediaUrls: ["https://x.example/a.png", "https://x.example/gone"] });
    it.wakeOutbox();
    await until(() => state("with") === "sent");
    const [sent] = channel.sent;
    expect(sent).toMatchObject({
      text: "with\nhttps://x.example/gone",
      media: [{ kind: "image", fileName: "a.png", bytes: 6 }],
    });
    const read = sent?.kind === "message" ? await sent.media?.[0]?.read() : null;
    expect(Buffer.from(read ?? []).toString()).toBe("pixels");
  });
});

describe("what arrives", () => {
  it("takes a message that there was no room for when the platform brings it again", async () => {
    const channel = scriptedChannel();
    const it = openHost(channel);
    const { runs, submissions } = writtenRuns();
    await it.start(runs);
    await channel.starts[0]?.receive(message("1"));
    const key = `${submissions[0]?.door}:${submissions[0]?.key}`;
    const first = storage.ledger.message(key);
    if (first === null) throw new Error("the first message was not stored");
    await storage.ledger.refuse(
      { ...first, dedupeKey: key.replace(/1$/, "2"), runId: "two" },
      "refused_limit",
      "20 messages already wait",
    );
    expect(await channel.starts[0]?.receive(message("2"))).toEqual({ accepted: true, duplicate: false });
    expect(storage.ledger.message(key.replace(/1$/, "2"))).toMatchObject({ state: "queued" });
  });

  it("fetches files after the gate, within the limit, and says which it could not have", async () => {
    const channel = scriptedChannel();
    const { runs, submissions } = writtenRuns();
    const it = openHost(channel);
    await it.start(runs);
    const file = (fileName: string, size: number) => ({
      kind: "image",
      fileName,
      open: () => Promise.resolve(new Uint8Array(size)),
    });
    await channel.starts[0]?.receive(
      message("1", {
        attachments: [file("small.jpg", 10), file("huge.jpg", 101)],
        location: { latitude: 1, longitude: 2 },
      }),
    );
    expect(submissions[0]?.media).toMatchObject([{ fileName: "small.jpg", bytes: 10 }]);
    expect(submissions[0]?.text).toBe(
      "text 1\n[location 1, 2]\n[image huge.jpg: not available, larger than 0 MB]",
    );
    expect(await channel.starts[0]?.receive(message("1"))).toEqual({ accepted: true, duplicate: true });
    expect(submissions).toHaveLength(1);
  });

  it("changes or withdraws what still waits, for its author only", async () => {
    const channel = scriptedChannel();
    const { runs } = writtenRuns();
    const it = openHost(channel);
    await it.start(runs);
    const receive = (event: object) => channel.starts[0]?.receive(event as InboundEvent);
    await receive(message("1"));
    const edit = { ...message("e1"), kind: "edit", targetId: "1", text: "better" };
    expect(await receive({ ...edit, sender: { id: "mallory" } })).toMatchObject({ accepted: false });
    expect(await receive(edit)).toMatchObject({ accepted: true });
    const row = () => storage.ledger.message("channel:scripted:scripted:default:1");
    expect(row()).toMatchObject({ text: "better", state: "queued" });
    await receive({ ...message("d1"), kind: "delete", targetId: "1" });
    expect(row()).toMatchObject({ state: "done", outcome: "aborted" });
    expect(await receive({ ...edit, targetId: "9" })).toMatchObject({ accepted: false });
  });

  it("hands pressed buttons on and tells the presser what came of it", async () => {
    const channel = scriptedChannel();
    const it = openHost(channel);
    await it.start(writtenRuns().runs);
    const told: string[] = [];
    const press = (value: string) =>
      channel.starts[0]?.receive({
        ...message("p"),
        kind: "action",
        targetId: "9",
        value,
        answer: (text: string) => Promise.resolve(void told.push(text)),
      });
    await press("yes");
    await press("old");
    expect(told).toEqual(["scripted:default:alice said yes", "This button has no effect any more."]);
  });
});
