import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { configSchema } from "../config/schema/index.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { Secret } from "../core/secret.ts";
import type { Models } from "../models/index.ts";
import { openSpeechPreferences } from "./speech-preferences.ts";
import { createSpeechDesk } from "./speech.ts";
import { createMediaParts, speechMode } from "./media.ts";

let dir: string;
let server: Server;
let base: string;
let asked: Array<Record<string, unknown>>;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "openclaw-speech-"));
  asked = [];
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      asked.push({ path: request.url, key: request.headers.authorization, ...(JSON.parse(body) as object) });
      response.end(Buffer.from("OggS spoken"));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

function open(written: object, logins: string[] = []) {
  const config = () => configSchema.parse(written);
  const preferences = openSpeechPreferences(join(dir, "settings", "tts.json"));
  const credentials: Models["credentials"] = {
    profiles: (provider) =>
      logins.includes(provider)
        ? [
            {
              id: `${provider}:default`,
              provider,
              kind: "api_key",
              source: "test",
              revision: "1",
              origin: null,
            },
          ]
        : [],
    open: () => Promise.resolve(new Secret("sk-login")),
  };
  const stored: Uint8Array[] = [];
  const sessions = {
    putMedia: (bytes: Uint8Array) => Promise.resolve((stored.push(bytes), "ab".repeat(32))),
    getMedia: () => null,
  };
  const effective = () => preferences.applyTo(config());
  const media = createMediaParts({
    config: effective,
    credentials,
    sessions,
    env: {},
    clock: systemClock,
    logger: silentLogger,
  });
  const desk = createSpeechDesk({
    config,
    preferences,
    credentials,
    media,
    sessions,
    mediaDir: join(dir, "media"),
  });
  return {
    desk,
    stored,
    mode: () => speechMode(effective(), { channel: "telegram", account: "default", to: "1" }).mode,
  };
}
const { signal } = new AbortController();

it("where nothing is set up nobody speaks, and says so", async () => {
  const { desk } = open({});
  expect(desk.status()).toEqual({
    enabled: false,
    auto: "off",
    provider: "openai",
    fallbackProvider: null,
    fallbackProviders: [],
    prefsPath: join(dir, "settings", "tts.json"),
    hasOpenAIKey: false,
    hasElevenLabsKey: false,
    edgeEnabled: false,
  });
  expect(desk.providers()).toMatchObject({
    active: "openai",
    providers: [{ id: "openai", configured: false }],
  });
  expect(() => desk.enable(true)).toThrow(/nobody can speak here/);
  for (const provider of ["openai", "edge", "elevenlabs", "constructor"])
    expect(() => desk.setProvider(provider)).toThrow(/is not set up|nobody here speaks as/);
  await expect(desk.convert("hello", signal)).rejects.toMatchObject({ code: "SPEECH_OFF" });
  expect(existsSync(join(dir, "settings"))).toBe(false);
});

it("a text becomes a file of the media store, by who is chosen", async () => {
  const config = { tts: { baseUrl: `${base}/v1`, apiKey: "sk-own", voice: "echo", maxChars: 20 } };
  const { desk, stored } = open(config);
  expect(await desk.convert("**hello**", signal)).toEqual({
    audioPath: join(dir, "media", "ab", "ab".repeat(32)),
    provider: "custom",
    outputFormat: "opus",
    voiceCompatible: true,
  });
  expect(stored.map((bytes) => Buffer.from(bytes).toString())).toEqual(["OggS spoken"]);
  expect(asked).toMatchObject([
    { path: "/v1/audio/speech", key: "Bearer sk-own", input: "hello", voice: "echo" },
  ]);
  await expect(desk.convert("x".repeat(21), signal)).rejects.toMatchObject({ code: "SPEECH_TOO_LONG" });
  expect(asked).toHaveLength(1);
});

it("what was chosen outlives the process and decides about answers; the file of the configuration stays as it is", async () => {
  const config = {
    tts: { command: ["/bin/sh", "-c", "exit 3"], baseUrl: `${base}/v1` },
    models: { providers: { mine: { baseUrl: `${base}/mine` } } },
  };
  const first = open(config);
  expect(first.desk.status()).toMatchObject({ enabled: false, auto: "off", provider: "command" });
  expect(first.mode()).toBe("off");
  await expect(first.desk.convert("hello", signal)).rejects.toMatchObject({ code: "MEDIA_COMMAND" });
  expect(first.desk.setProvider("custom")).toEqual({ provider: "custom" });
  expect(first.desk.enable(true)).toEqual({ enabled: true });
  const second = open(config);
  expect(second.desk.status()).toMatchObject({ enabled: true, auto: "always", provider: "custom" });
  expect(second.mode()).toBe("always");
  expect(await second.desk.convert("hello", signal)).toMatchObject({ provider: "custom" });
  second.desk.enable(false);
  expect(open({ tts: { ...config.tts, mode: "inbound" } }).mode()).toBe("off");
  second.desk.enable(true);
  expect(open({ tts: { ...config.tts, mode: "inbound" } }).mode()).toBe("inbound");
  expect(JSON.parse(readFileSync(join(dir, "settings", "tts.json"), "utf8"))).toEqual({
    enabled: true,
    provider: "custom",
  });
});

it("a login for OpenAI is enough to choose it, and its key goes nowhere else", () => {
  const { desk } = open({ tts: { baseUrl: `${base}/v1`, apiKey: "sk-own" } }, ["openai"]);
  expect(desk.status()).toMatchObject({ provider: "custom", hasOpenAIKey: true });
  expect(desk.setProvider("openai")).toEqual({ provider: "openai" });
  expect(desk.providers()).toMatchObject({ active: "openai" });
  const preferences = openSpeechPreferences(join(dir, "settings", "tts.json"));
  const { tts } = preferences.applyTo(
    configSchema.parse({ tts: { baseUrl: `${base}/v1`, apiKey: "sk-own" } }),
  );
  expect(tts).toMatchObject({ provider: "openai", command: [] });
  expect([tts.baseUrl, tts.apiKey]).toEqual([undefined, undefined]);
});
