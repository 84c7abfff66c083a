import type { IncomingMessage } from "node:http";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLimiter } from "../../guard/index.ts";
import { manualClock } from "../../../test/support/manual-clock.ts";
import { canonicalIp, clientAddress } from "./client-address.ts";

function from(peer: string, headers: Record<string, string>): IncomingMessage {
  return {
    socket: { remoteAddress: peer },
    headers: { host: "127.0.0.1:1", ...headers },
  } as unknown as IncomingMessage;
}

describe("clientAddress", () => {
  it.each<[string, string, Record<string, string>, string[], string, boolean]>([
    ["straight from here", "127.0.0.1", {}, [], "127.0.0.1", true],
    ["mapped", "::ffff:127.0.0.1", {}, [], "127.0.0.1", true],
    ["IPv6 loopback by name", "::1", { host: "localhost:18789" }, [], "::1", true],
    ["loopback under another Host", "127.0.0.1", { host: "claw.example" }, [], "127.0.0.1", false],
    ["loopback without Host", "127.0.0.1", { host: "" }, [], "127.0.0.1", false],
    ["a proxy nobody trusts", "127.0.0.1", { "x-forwarded-for": "1.2.3.4" }, [], "127.0.0.1", false],
    ["a trusted proxy", "127.0.0.1", { "x-forwarded-for": "1.2.3.4" }, ["127.0.0.1"], "1.2.3.4", false],
    [
      "a client that forges the left",
      "10.0.0.2",
      { "x-forwarded-for": "127.0.0.1, 1.2.3.4, 10.0.0.1" },
      ["10.0.0.0/8"],
      "1.2.3.4",
      false,
    ],
    [
      "a proxy that claims loopback",
      "127.0.0.1",
      { "x-forwarded-for": "127.0.0.1" },
      ["127.0.0.1"],
      "127.0.0.1",
      false,
    ],
    [
      "nonsense from a proxy",
      "127.0.0.1",
      { "x-forwarded-for": "unknown", "x-real-ip": "9.9.9.9" },
      ["127.0.0.1"],
      "9.9.9.9",
      false,
    ],
    ["another machine", "192.168.1.9", { host: "127.0.0.1" }, ["0.0.0.0/0"], "192.168.1.9", false],
    ["a Tailscale header", "127.0.0.1", { "tailscale-user-login": "a@b" }, [], "127.0.0.1", false],
  ])("%s", (_name, peer, headers, trustedProxies, ip, direct) => {
    expect(clientAddress(from(peer, headers), { trustedProxies })).toMatchObject({ ip, direct });
  });

  it("counts the spellings of one address, and one IPv6 network, as one", () => {
    const key = (peer: string) => clientAddress(from(peer, {}), { trustedProxies: [] }).limitKey;
    expect(key("2001:db8::1")).toBe(key("2001:0DB8:0:0:ffff::9"));
    expect(key("2001:db8::1")).not.toBe(key("2001:db8:0:1::1"));
    expect(key("::ffff:10.0.0.1")).toBe("10.0.0.1");
    expect(canonicalIp("fe80::1%eth0")).toBe("fe80::1");
    expect(canonicalIp("127.1")).toBeNull();
  });

  it("counts what an untrusted proxy of this machine passes on apart from who sits at it", () => {
    const key = (headers: Record<string, string>, trustedProxies: string[] = []) =>
      clientAddress(from("127.0.0.1", { host: "127.0.0.1:18789", ...headers }), { trustedProxies }).limitKey;
    expect(key({})).toBe("127.0.0.1");
    expect(key({ "x-forwarded-for": "203.0.113.9" })).not.toBe("127.0.0.1");
    expect(key({ "x-forwarded-for": "203.0.113.9" })).toBe(key({ "x-forwarded-for": "127.0.0.1" }));
    expect(key({ host: "assistant.example.org" })).not.toBe("127.0.0.1");
    expect(key({ "x-forwarded-for": "203.0.113.9" }, ["127.0.0.1"])).toBe("203.0.113.9");
  });

  it("never takes forwarded headers for local, whatever they say", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.ipV4()), (value, trustedProxies) => {
        expect(
          clientAddress(from("127.0.0.1", { "x-forwarded-for": value }), { trustedProxies }).direct,
        ).toBe(false);
      }),
    );
  });
});

describe("the limiter", () => {
  it("lets at most the allowed number of unrefunded attempts pass in any window", () => {
    const step = fc.record({ wait: fc.integer({ min: 0, max: 400 }), good: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const clock = manualClock();
        const limiter = createLimiter({ clock, maxCharges: 3, windowMs: 1000, lockMs: 500, maxKeys: 10 });
        const bad: number[] = [];
        for (const { wait, good } of steps) {
          clock.advance(wait);
          const charge = limiter.charge("k");
          if (!charge.allowed) {
            expect(charge.retryAfterMs).toBeGreaterThan(0);
            continue;
          }
          if (good) charge.refund();
          else bad.push(clock.monotonic());
          // A lock forgives what led to it, so the law holds for spans as long as a lock.
          expect(bad.filter((at) => at > clock.monotonic() - 500).length).toBeLessThanOrEqual(3);
        }
      }),
    );
  });

  it("remembers a bounded number of keys", () => {
    const limiter = createLimiter({
      clock: manualClock(),
      maxCharges: 1,
      windowMs: 1000,
      lockMs: 1000,
      maxKeys: 2,
    });
    limiter.charge("a");
    expect(limiter.charge("a").allowed).toBe(false);
    expect(limiter.locked()).toBe(1);
    limiter.charge("b");
    limiter.charge("c");
    expect(limiter.locked()).toBe(0);
  });
});
