import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { configSchema } from "../config/index.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { Secret } from "../core/secret.ts";
import type { Models } from "../models/index.ts";
import { createMediaParts, speechMode } from "./media.ts";

let server: Server;
let base: string;
let keys: Array<string | undefined>;
beforeEach(async () => {
  keys = [];
  server = createServer((request, response) => {
    keys.push(request.headers.authorization);
    request.resume();
    request.on("end", () => response.end(JSON.stringify({ text: "hello" })));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => void server.close());

const signal = new AbortController().signal;
const bytes = Buffer.from("OggS a recording");
const digest = createHash("sha256").update(bytes).digest("hex");

/** What a voice message becomes; the login of every provider was made for `origin`. */
async function heard(config: object, origin: string | null = base): Promise<string> {
  const credentials: Models["credentials"] = {
    profiles: (provider) => [
      { id: `${provider}:default`, provider, kind: "api_key", source: "test", revision: "1", origin },
    ],
    open: () => Promise.resolve(new Secret("sk-login")),
  };
  const parts = createMediaParts({
    config: () => configSchema.parse(config),
    credentials,
    sessions: { putMedia: () => Promise.resolve(digest), getMedia: () => bytes },
    env: {},
    clock: systemClock,
    logger: silentLogger,
  });
  const { text } = await parts.read([{ digest, mimeType: "audio/ogg", bytes: bytes.length }], signal);
  return text;
}
const audio = (keys: object, more: object = {}) => ({ tools: { media: { audio: keys } }, ...more });
const providers = () => ({ models: { providers: { mine: { baseUrl: `${base}/v1` } } } });

it("a provider is asked at its address with its login", async () => {
  expect(await heard(audio({ provider: "mine" }, providers()))).toContain("hello");
  expect(keys).toEqual(["Bearer sk-login"]);
});

it("a login is not sent to another address than it was made for", async () => {
  expect(
    await heard(audio({ provider: "mine", baseUrl: `${base}/v1` }), "https://elsewhere.example"),
  ).toContain("hello");
  expect(keys).toEqual([undefined]);
});

it("an address of its own has its own key, or none", async () => {
  await heard(audio({ baseUrl: `${base}/v1`, apiKey: "sk-own" }));
  await heard(audio({ baseUrl: `${base}/v1` }));
  expect(keys).toEqual(["Bearer sk-own", undefined]);
});

it.each([
  [{}, /tools\.media\.audio/],
  [{ provider: "nobody" }, /no model provider "nobody"/],
  [{ baseUrl: "not an address" }, /"not an address" is no address/],
  [{ command: ["no-such-program-here"] }, /"no-such-program-here" is not in/],
])("%j loses no message: the reason stands in its place", async (wrong, reason) => {
  expect(await heard(audio(wrong))).toMatch(reason);
  expect(keys).toEqual([]);
});

it.each([
  [{ mode: "always" }, "telegram", "off"],
  [{ mode: "always", provider: "openai" }, "telegram", "always"],
  [{ mode: "inbound", command: ["x"] }, "telegram", "inbound"],
  [{ provider: "openai" }, "telegram", "off"],
  [{ mode: "always", provider: "openai" }, "unknown-channel", "off"],
])("tts %j on %s: %s", (tts, channel, mode) => {
  const config = configSchema.parse({ tts });
  expect(speechMode(config, { channel, account: "default", to: "1" }).mode).toBe(mode);
});
