// Files and voice in a chat, with the real program: what is said is understood, what is answered is spoken.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { SaidAttachment } from "../channels/driver.ts";
import { createPeople } from "../fakes/telegram/people.ts";
import { seenOf } from "../fakes/telegram/seen.ts";
import { serveTelegram, type TelegramServer } from "../fakes/telegram/server.ts";
import { createWorld } from "../fakes/telegram/world.ts";
import { baseConfig, createHome, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";

const world = createWorld(systemClock);
const people = createPeople(world.platform);
let telegram: TelegramServer;
let home: E2eHome;
let gateway: Gateway;

beforeAll(async () => {
  telegram = await serveTelegram(world.platform);
  home = createHome();
  const program = (name: string, source: string) => {
    const path = join(home.dir, name);
    writeFileSync(path, `#!/bin/sh\n${source}\n`);
    chmodSync(path, 0o700);
    return path;
  };
  home.configure({
    ...baseConfig,
    commands: { ownerAllowFrom: [`telegram:${world.people.alice.id}`] },
    channels: { telegram: { apiRoot: telegram.url, botToken: world.bot.token } },
    // The recording is its own transcript, behind the four letters every Ogg file begins with.
    tools: { media: { audio: { command: [program("hear", 'tail -c +5 "$1"'), "{input}"] } } },
    tts: { mode: "inbound", command: [program("say", 'printf OggS > "$1"; cat >> "$1"'), "{output}"] },
  });
  gateway = await home.gateway();
});
afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
  await telegram?.stop();
});

const send = (text: string, attachment?: SaidAttachment) =>
  people.say(
    { by: "alice", place: "direct", text, ...(attachment ? { attachments: [attachment] } : {}) },
    world.where("direct", "alice"),
  )[0];
const shown = () => seenOf(world.platform).filter(({ deleted }) => !deleted);
const voices = () => shown().flatMap(({ media }) => media.filter(({ kind }) => kind === "voice"));

test("a voice message is heard, answered in words and by voice, and why says what became of it", async () => {
  const said = send("", {
    kind: "voice",
    mimeType: "audio/ogg",
    fileName: "voice.ogg",
    content: Buffer.from("OggSReply with: the **tape** works"),
  });
  await until(() => voices().length === 1, { what: "the spoken answer", or: gateway });
  const [voice] = voices();
  const heard = Buffer.from(voice?.content ?? []).toString();
  expect(heard).toMatch(/^OggSthe tape works/);
  expect(shown()[0]?.plain).toContain("the tape works");
  const why = await home.cli(["why", `telegram:default:${said?.chat.id}:${said?.message_id}`]);
  expect(why.stdout).toContain("media.transcribed");
  // What was typed is answered in writing.
  send("Reply with: in writing");
  await until(() => shown().some(({ plain }) => plain.includes("in writing")), {
    what: "the answer",
    or: gateway,
  });
  expect(voices()).toHaveLength(1);
});

test("a picture, a document and something nobody can read all reach the conversation", async () => {
  const png = await sharp({ create: { width: 3000, height: 200, channels: 3, background: "#123" } })
    .png()
    .toBuffer();
  send("Reply with: one", { kind: "document", mimeType: "text/plain", fileName: "big.png", content: png });
  const notes = Buffer.from("the tea is in the blue tin");
  send("Reply with: two", { kind: "document", mimeType: "image/png", fileName: "notes.txt", content: notes });
  const odd = Buffer.from([0, 1, 2, 3]);
  send("Reply with: three", { kind: "document", mimeType: "image/jpeg", fileName: "odd.jpg", content: odd });
  await until(() => shown().some(({ plain }) => plain.includes("three")), {
    what: "the answers",
    or: gateway,
  });
  const transcript = (await home.cli(["sessions", "show", "main", "--json"])).stdout;
  expect(transcript).toContain("the tea is in the blue tin");
  expect(transcript).toMatch(/"mimeType": ?"image\/(?:png|jpeg)"/);
  expect(transcript).toContain("odd.jpg");
});
