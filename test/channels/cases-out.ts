import { expect } from "vitest";
import { splitMarkdown } from "../../src/channels/split/index.ts";
import type { OutboundMedia } from "../../src/channels/contract.ts";
import { everyScript } from "./cases-in.ts";
import type { CaseRuns } from "./conformance.ts";
import type { SaidAttachment, Seen } from "./driver.ts";
import { files } from "./files.ts";
import { words, type Rig } from "./rig.ts";

const signal = new AbortController().signal;

function only(rig: Rig): Seen {
  const shown = rig.shown();
  expect(shown).toHaveLength(1);
  const [message] = shown;
  if (!message) throw new Error("nothing is shown");
  return message;
}

function media(file: SaidAttachment): OutboundMedia {
  const { kind, mimeType, fileName, content } = file;
  if (kind === "sticker") throw new Error("stickers are not sent");
  return { kind, mimeType, fileName, bytes: content.length, read: () => Promise.resolve(content) };
}

async function carries(rig: Rig, file: SaidAttachment, text: string): Promise<void> {
  await rig.sent({ text, media: [media(file)] });
  const shown = rig.shown();
  const [carried, ...others] = shown.flatMap((each) => each.media);
  expect(others).toEqual([]);
  expect(carried && Buffer.from(carried.content).equals(file.content)).toBe(true);
  if (file.kind === "document") expect(carried?.fileName).toBe(file.fileName);
  expect(shown.map((each) => words(each.plain)).filter((each) => each !== "")).toEqual(
    text === "" ? [] : [text],
  );
}

export const outCases: CaseRuns = {
  async "text-out"(rig) {
    // As the assistant writes it: words with marks of markdown are escaped in markdown.
    const id = await rig.sent({ text: everyScript.replaceAll(/[_*<>&"]/g, "\\$&") });
    const seen = only(rig);
    expect(words(seen.plain)).toBe(everyScript);
    expect(seen).toMatchObject({ messageId: id, chatId: rig.world.direct });
  },
  async "long-out"(rig) {
    const limit = rig.manifest.capabilities.maxTextLength;
    const link = (index: number) => `https://example.com/page/${index}?q=a_b`;
    const section = (index: number) =>
      `Paragraph ${index}. It has a sentence, and another; see [the page](${link(index)}) for more.\n\n` +
      `\`\`\`js\n${Array.from({ length: 6 }, (_, line) => `const v${index}x${line} = "${index} < ${line}";`).join("\n")}\n\`\`\``;
    let text = "";
    for (let index = 0; text.length < limit * 2.2; index++) text += `${section(index)}\n\n`;
    const parts = splitMarkdown(text, limit);
    expect(parts.length).toBeGreaterThan(2);
    for (const [index, part] of parts.entries()) await rig.sent({ key: `long:${index}`, text: part });
    const shown = rig.shown();
    expect(shown).toHaveLength(parts.length);
    const all = shown.map((each) => words(each.plain)).join("\n");
    const lines = [...text.matchAll(/const .*;/g)].map((match) => match[0]);
    expect([...all.matchAll(/const .*;/g)].map((match) => match[0])).toEqual(lines);
    const marked = shown.flatMap((each) => each.spans);
    if (marked.some((span) => span.style === "pre")) {
      const code = marked.filter((span) => span.style === "pre").map((span) => span.text);
      expect(code.join("\n").match(/const .*;/g)).toEqual(lines);
    }
    const urls = marked.filter((span) => span.style === "link").map((span) => span.url);
    for (const match of text.matchAll(/\]\((.*?)\)/g)) {
      const url = match[1] ?? "";
      expect(urls.includes(url) || all.includes(url), url).toBe(true);
    }
  },
  async "markdown-out"(rig) {
    await rig.sent({
      text: "**bold** and *slanted* and `a < b` and [site](https://example.com/x?a=1&b=2)\n\n- one\n- two\n\n```js\nif (a < b) c();\n```",
    });
    const { plain, spans } = only(rig);
    expect(plain).not.toMatch(/\*\*|&lt;|<[a-z]/);
    for (const word of ["bold", "slanted", "a < b", "site", "one", "two", "if (a < b) c();"])
      expect(words(plain)).toContain(word);
    expect(
      spans.some((span) => span.url === "https://example.com/x?a=1&b=2") ||
        plain.includes("https://example.com/x?a=1&b=2"),
    ).toBe(true);
    expect(spans).toContainEqual(expect.objectContaining({ style: "bold", text: "bold" }));
    expect(spans).toContainEqual(expect.objectContaining({ style: "italic", text: "slanted" }));
  },
  async "hostile-out"(rig) {
    const { alice } = rig.world;
    const hostile = `<b>x</b> <a href="tg://user?id=1">y</a> <@${alice.id}> <!channel> @everyone @here ||s|| *b* _i_ ~s~ \`c\` [l](https://example.com) &lt;`;
    const escaped = hostile.replaceAll(/[!-/:-@[-`{-~]/g, "\\$&");
    await rig.sent({ text: escaped });
    const seen = only(rig);
    expect(seen.rings).toEqual([]);
    expect(seen.spans.filter((span) => span.style !== "link")).toEqual([]);
    expect(words(seen.plain)).toBe(hostile);
  },
  async "reply-out"(rig) {
    const id = await rig.double.say({ by: "alice", place: "direct", text: "a question" });
    await rig.message("a question");
    await rig.sent({ text: "the answer", replyTo: id });
    expect(only(rig)).toMatchObject({ replyTo: id });
    // What it answers may be gone: then the answer is sent all the same.
    const result = await rig.send({
      text: "an answer to nothing",
      replyTo: id.replace(/\d/g, (digit) => `${9 - Number(digit)}`),
    });
    expect(["sent", "dead"]).toContain(result.kind);
  },
  async "edit-out"(rig) {
    const id = await rig.sent({ text: "writing …" });
    const edit = (key: string, text: string) => ({
      kind: "edit" as const,
      key,
      to: rig.world.direct,
      messageId: id,
      text,
    });
    expect(await rig.send(edit("e1", "done & dusted"))).toMatchObject({ kind: "sent" });
    const seen = only(rig);
    expect(words(seen.plain)).toBe("done & dusted");
    expect(seen.before.map(words)).toEqual(["writing …"]);
    expect(await rig.send(edit("e2", "done & dusted")), "the same text once more").toMatchObject({
      kind: "sent",
    });
    expect(rig.shown()).toHaveLength(1);
  },
  async "delete-out"(rig) {
    const id = await rig.sent({ text: "never mind" });
    const result = await rig.send({ kind: "delete", key: "d", to: rig.world.direct, messageId: id });
    expect(result).toMatchObject({ kind: "sent" });
    expect(rig.shown()).toEqual([]);
    expect(rig.double.seen()).toHaveLength(1);
  },
  async "react-out"(rig) {
    const id = await rig.double.say({ by: "alice", place: "direct", text: "look" });
    await rig.message("look");
    const react = (key: string, remove: boolean) =>
      rig.send({
        kind: "react",
        key,
        to: rig.world.direct,
        messageId: id,
        emoji: "👍",
        ...(remove ? { remove } : {}),
      });
    expect(await react("r1", false)).toMatchObject({ kind: "sent" });
    expect(rig.double.reactions?.()).toEqual([{ messageId: id, emoji: "👍" }]);
    expect(await react("r2", true)).toMatchObject({ kind: "sent" });
    expect(rig.double.reactions?.()).toEqual([]);
  },
  async "typing-out"(rig) {
    const { direct } = rig.world;
    const running = rig.running();
    if (!running.typing || !rig.double.typing) throw new Error("typing is claimed and cannot be shown");
    await rig.time.during("typing", running.typing(direct, true));
    await rig.time.until("people to see it", () => rig.double.typing?.(direct) === true);
    await rig.time.during("the end of typing", running.typing(direct, false));
    await rig.time.until("it to end", () => rig.double.typing?.(direct) === false);
  },
  async "buttons-out"(rig) {
    await rig.sent({
      text: "May I?",
      buttons: [
        [
          { label: "Yes", value: "yes", style: "primary" },
          { label: "No", value: "no", style: "danger" },
        ],
        [{ label: "Later", value: "x".repeat(60) }],
      ],
    });
    expect(only(rig).buttons).toEqual(["yes", "no", "x".repeat(60)]);
  },
  async "poll-out"(rig) {
    const poll = { question: "Tea?", options: ["Yes", "No", "Later"], maxSelections: 2 };
    await rig.sent({ kind: "poll", key: "p", to: rig.world.group, ...poll });
    const [shown] = rig.shown();
    expect(shown?.poll).toMatchObject({ question: poll.question, options: poll.options });
  },
  "image-out": (rig) => carries(rig, files.image, "a picture"),
  "audio-out": (rig) => carries(rig, files.audio, ""),
  "document-out": (rig) => carries(rig, files.document, "a file"),
  async "read-out"(rig) {
    const id = await rig.double.say({ by: "alice", place: "direct", text: "read this" });
    await rig.message("read this");
    const running = rig.running();
    if (!running.markRead) throw new Error("read receipts are claimed and cannot be given");
    await rig.time.during("the receipt", running.markRead(rig.world.direct, id));
    await rig.time.until("the receipt to be seen", () => rig.double.read?.().includes(id) === true);
  },
  async history(rig) {
    for (const text of ["one", "two", "three"]) {
      await rig.double.say({ by: "alice", place: "direct", text });
      await rig.message(text);
    }
    const found = rig.running().history?.({ to: rig.world.direct, limit: 2 }, signal);
    if (!found) throw new Error("history is claimed and cannot be asked for");
    expect((await rig.time.during("the history", found)).map((each) => each.text)).toEqual(["two", "three"]);
  },
  async search(rig) {
    await rig.double.say({ by: "alice", place: "direct", text: "a needle here" });
    await rig.double.say({ by: "alice", place: "direct", text: "only hay" });
    const found = rig.running().search?.({ to: rig.world.direct, text: "needle", limit: 5 }, signal);
    if (!found) throw new Error("search is claimed and cannot be asked for");
    expect((await rig.time.during("the search", found)).map((each) => each.text)).toEqual(["a needle here"]);
  },
  async directory(rig) {
    const found = rig.running().directory?.({ limit: 100 }, signal);
    if (!found) throw new Error("a directory is claimed and cannot be asked for");
    const entries = await rig.time.during("the directory", found);
    const ids = new Set(entries.map((each) => each.id));
    expect(ids.has(rig.world.alice.id) || ids.has(rig.world.group)).toBe(true);
    const { alice } = rig.world;
    const named = rig.running().directory?.({ text: "no such name", limit: 100 }, signal);
    if (named)
      expect((await rig.time.during("the directory", named)).map((each) => each.id)).not.toContain(alice.id);
  },
};
