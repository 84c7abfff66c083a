import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openBench } from "../../../test/fakes/discord/account.ts";
import { contentLimit, fitting, stepsOf } from "./compose.ts";
import { routeOf } from "./limits.ts";
import { discordManifest } from "./manifest.ts";
import { idAt, idBefore, isNewer } from "./wire.ts";

const minute = 60_000;
const signal = AbortSignal.any([]);

describe("what is said", () => {
  it("is found again after Discord has forgotten its key", async () => {
    await using bench = await openBench();
    await bench.up();
    bench.server.faults.losingAnswers = 1;
    const running = await bench.send({ key: "the-key", text: "**only** once" });
    expect(running).toMatchObject({ kind: "unknown" });
    await bench.send({ key: "another", text: "**only** once" });
    await bench.down();
    await bench.time.pass(30 * minute);
    const account = await bench.up();
    const ask = (key: string) =>
      bench.time.during(
        "the answer",
        account.query?.(key, bench.world.world.direct, signal) ?? Promise.resolve(null),
      );
    const [first, second] = bench.shown();
    expect(await ask("the-key")).toMatchObject({ messageId: first?.messageId });
    // The same words twice are two messages.
    expect(await ask("another")).toMatchObject({ messageId: second?.messageId });
    expect(await ask("never-sent")).toBeNull();
    expect(bench.shown()).toHaveLength(2);
  });

  it("is not doubled by sending it again at once", async () => {
    await using bench = await openBench();
    await bench.up();
    bench.server.faults.losingAnswers = 1;
    await bench.send({ key: "same", text: "hello" });
    expect(await bench.send({ key: "same", text: "hello" })).toMatchObject({ kind: "sent" });
    expect(bench.shown()).toHaveLength(1);
  });

  it("in several parts goes on where it was interrupted", async () => {
    await using bench = await openBench();
    await bench.up();
    const file = (index: number) => ({
      kind: "document" as const,
      mimeType: "text/plain",
      fileName: `${index}.txt`,
      bytes: 1,
      read: () => Promise.resolve(Buffer.from(String(index))),
    });
    const message = {
      key: "many",
      text: "twelve files",
      media: Array.from({ length: 12 }, (_, index) => file(index)),
    };
    bench.server.faults.sparing = 1;
    bench.server.faults.failing = 1;
    expect(await bench.send(message)).toMatchObject({ kind: "unknown" });
    await bench.time.pass(20 * minute);
    expect(await bench.send(message)).toMatchObject({ kind: "sent" });
    expect(bench.shown().map((each) => each.media.length)).toEqual([10, 2]);
  });

  it("reaches a person by their id, whose chat is opened", async () => {
    await using bench = await openBench();
    await bench.up();
    const { world } = bench.world;
    expect(await bench.send({ to: world.bob.id, text: "by number" })).toMatchObject({ kind: "sent" });
    expect(await bench.send({ to: `user:${world.bob.id}`, text: "by name" })).toMatchObject({ kind: "sent" });
    expect(bench.shown().map((each) => each.chatId)).toEqual([world.bobsDirect, world.bobsDirect]);
    expect(await bench.send({ to: "404", text: "nobody" })).toMatchObject({ kind: "dead" });
    expect(await bench.send({ to: "../users/@me", text: "no" })).toMatchObject({ kind: "dead" });
  });

  it("keeps to the limit of a channel without being told off", async () => {
    await using bench = await openBench();
    await bench.up();
    for (let index = 0; index < 12; index++)
      expect(await bench.send({ text: `part ${index}` })).toMatchObject({ kind: "sent" });
    expect(bench.troubles).toEqual([]);
    expect(bench.shown()).toHaveLength(12);
  });

  it("opens threads, also as posts of a forum", async () => {
    await using bench = await openBench();
    const account = await bench.up();
    for (const to of [bench.world.group.id, bench.world.forum.id]) {
      const thread = account.createThread?.({ to, name: "A question" }, signal);
      if (!thread) throw new Error("no threads");
      const { threadId } = await bench.time.during("the thread", thread);
      expect(await bench.send({ to, threadId, text: "inside" })).toMatchObject({ kind: "sent" });
    }
    expect(bench.shown().map((each) => each.chatId)).toEqual([bench.world.group.id, bench.world.forum.id]);
  });

  it("never is longer than Discord takes, whatever it is made of", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("_", "*", "`", "a", "\n", "<@1>", "😀", "> "), maxLength: 1900 }),
        (text) => {
          for (const part of fitting(text)) expect(part.length).toBeLessThanOrEqual(contentLimit);
        },
      ),
      { numRuns: 60 },
    );
    expect(stepsOf({ text: "a_".repeat(950) }).length).toBeGreaterThan(1);
  });
});

describe("small parts", () => {
  it("ids are compared as numbers", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 63n), fc.bigInt(1n, 2n ** 63n), (one, other) => {
        expect(isNewer(String(one), String(other))).toBe(one > other);
        expect(isNewer(String(one), idBefore(String(one)))).toBe(true);
      }),
    );
    expect(BigInt(idAt(1_700_000_000_000)) >> 22n).toBe(1_700_000_000_000n - 1_420_070_400_000n);
  });

  it("routes share a limit by their channel, and hold no token", () => {
    expect(routeOf("POST", "/channels/12345/messages")).toBe("POST /channels/12345/messages");
    expect(routeOf("PUT", "/channels/12345/messages/67890/reactions/%F0%9F%91%8D/@me")).toBe(
      "PUT /channels/12345/messages/:id/reactions/:emoji/@me",
    );
    expect(routeOf("POST", "/interactions/12345/the-token/callback")).not.toContain("the-token");
  });

  it("two tokens of one bot are one bot", () => {
    const token = (rest: string) => ({
      token: `${Buffer.from("12345678901").toString("base64url")}.${rest}`,
    });
    expect(discordManifest.exclusive(token("a.b"), "/one")).toBe(
      discordManifest.exclusive(token("c.d"), "/two"),
    );
    expect(discordManifest.exclusive({}, "/one")).toBeNull();
    expect(discordManifest.check({ token: "abc", presence: "asleep" }).map(({ key }) => key)).toEqual([
      "token",
      "presence",
    ]);
  });
});
