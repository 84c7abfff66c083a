import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  connectRaw,
  openRaw,
  cliConnect,
  startTestServer,
  testDevice,
  testToken,
  type TestServer,
} from "../../../test/support/gateway-server.ts";
import { systemClock } from "../../core/clock.ts";
import { openVoiceWake } from "./voice-wake.ts";

const event = (name: string) => (frame: Record<string, unknown>) => frame["event"] === name;
const usual = ["openclaw", "claude", "computer"];

function connectPhone(test: TestServer, platform: string) {
  const client = { id: "openclaw-ios", mode: "node", version: "1", platform };
  return connectRaw(test, { device: testDevice(), role: "node", scopes: [], client });
}

it("wake words are kept, told to everybody, and to each node that comes", async () => {
  await using test = await startTestServer();
  const [admin, reader] = [await connectRaw(test), await connectRaw(test, { scopes: ["operator.read"] })];
  expect(await reader.request("voicewake.get")).toMatchObject({ payload: { triggers: usual } });
  const phone = await connectPhone(test, "ios 19");
  expect((await phone.next(event("voicewake.changed"))).payload).toEqual({ triggers: usual });
  const triggers = ["  hey   claw ", "", "hey claw", "x".repeat(80)];
  const answer = await admin.request("voicewake.set", { triggers });
  expect(answer.payload).toEqual({ triggers: ["hey claw", "x".repeat(64)] });
  for (const each of [phone, reader])
    expect((await each.next(event("voicewake.changed"))).payload).toEqual(answer.payload);
  const file = join(test.stateDir, "settings", "voicewake.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ triggers: ["hey claw", "x".repeat(64)] });
  expect((await admin.request("voicewake.set", { triggers: [] })).payload).toEqual({ triggers: usual });
  expect(await reader.request("voicewake.set", { triggers: ["a"] })).toMatchObject({
    error: { message: "missing scope: operator.write" },
  });
  expect(await phone.request("voicewake.set", { triggers: ["a"] })).toMatchObject({
    error: { message: "unauthorized role: node" },
  });
  expect(await admin.request("voicewake.set", { triggers: "a" })).toMatchObject({ ok: false });
});

it("a list somebody broke keeps no node out", async () => {
  await using test = await startTestServer();
  mkdirSync(join(test.stateDir, "settings"));
  writeFileSync(join(test.stateDir, "settings", "voicewake.json"), "{");
  const phone = await connectPhone(test, "android 16");
  expect((await phone.next(event("voicewake.changed"))).payload).toEqual({ triggers: usual });
});

it("cleaning a list twice changes nothing more", async () => {
  await using test = await startTestServer();
  const wake = openVoiceWake({ stateDir: test.stateDir, clock: systemClock });
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.string({ unit: "grapheme", minLength: 60 })), { maxLength: 40 }),
      (words) => {
        const once = wake.set(words);
        expect(once.length).toBeGreaterThan(0);
        expect(once.length).toBeLessThanOrEqual(32);
        for (const word of once) expect(Array.from(word).length).toBeLessThanOrEqual(64);
        expect(wake.set(once)).toEqual(once);
      },
    ),
    { numRuns: 30 },
  );
});

it("talk mode is told to everybody; a page needs a phone that listens for it", async () => {
  await using test = await startTestServer();
  const [app, reader] = [await connectRaw(test), await connectRaw(test, { scopes: ["operator.read"] })];
  const told = await app.request("talk.mode", { enabled: true, phase: "listening" });
  expect(told.payload).toEqual({ enabled: true, phase: "listening", ts: expect.any(Number) as number });
  expect((await reader.next(event("talk.mode"))).payload).toEqual(told.payload);
  expect((await app.request("talk.mode", { enabled: false })).payload).toMatchObject({
    enabled: false,
    phase: null,
  });
  expect(await reader.request("talk.mode", { enabled: true })).toMatchObject({ ok: false });
  expect(await app.request("talk.mode", { enabled: "yes" })).toMatchObject({ ok: false });
  const page = await openRaw(test.url, { origin: test.http });
  const client = { id: "webchat-ui", mode: "webchat", version: "1", platform: "web" };
  await page.request(
    "connect",
    await cliConnect(page, { token: testToken, device: testDevice(), client }),
    "connect",
  );
  expect(await page.request("talk.mode", { enabled: true })).toMatchObject({
    ok: false,
    error: { code: "UNAVAILABLE", message: "talk mode needs a connected iOS or Android node" },
  });
  await connectPhone(test, "linux 6");
  expect(await page.request("talk.mode", { enabled: true })).toMatchObject({ ok: false });
  await connectPhone(test, "iOS 19.1");
  expect(await page.request("talk.mode", { enabled: true })).toMatchObject({
    ok: true,
    payload: { enabled: true },
  });
});
