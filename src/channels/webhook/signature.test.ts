import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sign, verify } from "./signature.ts";

const secret = "a secret of some length";
const now = 1_795_258_233_443;

describe("webhook signature", () => {
  it("accepts what it signed, for any bytes", () => {
    fc.assert(fc.property(fc.uint8Array(), (body) => verify(secret, sign(secret, body, now), body, now)));
  });

  it("refuses another secret, another body, another time, another spelling", () => {
    const body = Buffer.from('{"text":"hi"}');
    const header = sign(secret, body, now);
    expect(verify("another secret value", header, body, now)).toBe(false);
    expect(verify(secret, header, Buffer.from('{"text": "hi"}'), now)).toBe(false);
    expect(verify(secret, header, body, now + 5 * 60_000 + 1000)).toBe(false);
    expect(verify(secret, header, body, now - 5 * 60_000 - 1000)).toBe(false);
    expect(verify(secret, header.toUpperCase(), body, now)).toBe(false);
    expect(verify(secret, `${header},v1=00`, body, now)).toBe(false);
    expect(verify(secret, undefined, body, now)).toBe(false);
    expect(verify(secret, "", body, now)).toBe(false);
  });

  it("refuses everything when the secret is empty", () => {
    const body = Buffer.from("x");
    expect(verify("", sign("", body, now), body, now)).toBe(false);
  });

  it("does not accept a header whose time was moved", () => {
    const body = Buffer.from("x");
    const old = sign(secret, body, now - 3_600_000);
    const moved = old.replace(/t=\d+/, `t=${Math.floor(now / 1000)}`);
    expect(verify(secret, moved, body, now)).toBe(false);
  });
});
