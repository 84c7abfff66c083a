import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bareJid, messageIdOf, publicId, splitMessageId, stanzaIdOf, targetJid } from "./ids.ts";
import { readMessage, type Received, type Surroundings } from "./inbound.ts";
import { proto } from "./library.ts";
import { downloadFile, openFile, sealFile } from "./media.ts";

const me = "4915112345678@s.whatsapp.net";
const around: Surroundings = {
  channel: "whatsapp",
  account: "default",
  ownJids: [me, "100@lid"],
  knownNumber: (jid) => (jid === "7@lid" ? "4917700000007@s.whatsapp.net" : null),
  titleOf: () => "Family",
  votesOf: () => null,
  lastReaction: () => null,
  open: () => Promise.reject(new Error("not asked for")),
};
const received = (content: proto.IMessage, more: Partial<Received> = {}): Received => ({
  stanzaId: "AC1",
  chatJid: "4917700000001@s.whatsapp.net",
  authorJid: "4917700000001:4@s.whatsapp.net",
  authorAlt: null,
  fromMe: false,
  sentAt: 1,
  pushName: "Alice",
  content,
  ...more,
});
const hello = { conversation: "hello" };

describe("what a message says", () => {
  it("names people by number where it is known, from the envelope or from before", () => {
    const id = (more: Partial<Received>): unknown => readMessage(received(hello, more), around)?.sender;
    expect(id({})).toMatchObject({ id: "+4917700000001" });
    expect(id({ authorJid: "9:2@lid", authorAlt: "4917700000009@s.whatsapp.net" })).toMatchObject({
      id: "+4917700000009",
      otherIds: ["9@lid"],
    });
    expect(id({ authorJid: "7@lid", chatJid: "7@lid" })).toMatchObject({
      id: "+4917700000007",
      otherIds: ["7@lid"],
    });
    expect(id({ authorJid: "8@lid", chatJid: "8@lid" })).toMatchObject({ id: "8@lid" });
  });

  it("tells a group by its id, and a mention by our number or our hidden id", () => {
    const text = (jid: string) => ({
      extendedTextMessage: { text: "@x", contextInfo: { mentionedJid: [jid] } },
    });
    const group = { chatJid: "120363@g.us", authorJid: "7:1@lid" };
    expect(readMessage(received(text("100:3@lid"), group), around)).toMatchObject({
      chat: { kind: "group", id: "120363@g.us", title: "Family" },
      mentioned: true,
    });
    expect(readMessage(received(text("101@lid"), group), around)).toMatchObject({ mentioned: false });
  });

  it("hands on what we write to ourselves as ours, and nothing of what we write to others", () => {
    const own = { fromMe: true, authorJid: me };
    expect(readMessage(received(hello, { ...own, chatJid: me }), around)).toMatchObject({
      chat: { kind: "direct", id: "+4915112345678" },
      sender: { id: "+4915112345678", self: true },
    });
    expect(readMessage(received(hello, own), around)).toBeNull();
  });

  it("ignores status posts, broadcasts, channels and settings", () => {
    for (const chatJid of ["status@broadcast", "123@broadcast", "123@newsletter"])
      expect(readMessage(received(hello, { chatJid }), around)).toBeNull();
    const { EPHEMERAL_SETTING: type } = proto.Message.ProtocolMessage.Type;
    expect(readMessage(received({ protocolMessage: { type, key: { id: "X" } } }), around)).toBeNull();
    expect(readMessage(received({ senderKeyDistributionMessage: { groupId: "g" } }), around)).toBeNull();
  });

  it("lets nobody change what another wrote; an admin can take it back", () => {
    const { MESSAGE_EDIT, REVOKE } = proto.Message.ProtocolMessage.Type;
    const group = { chatJid: "120363@g.us", authorJid: "4917700000001@s.whatsapp.net" };
    const key = { id: "THEIRS", participant: "4917700000007@s.whatsapp.net" };
    const edit = { protocolMessage: { type: MESSAGE_EDIT, key, editedMessage: { conversation: "evil" } } };
    expect(readMessage(received(edit, group), around)).toMatchObject({ targetId: "THEIRS/+4917700000001" });
    const revoke = { protocolMessage: { type: REVOKE, key } };
    expect(readMessage(received(revoke, group), around)).toMatchObject({ targetId: "THEIRS/+4917700000007" });
  });

  it("survives whatever bytes a stranger sends", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        let content: proto.IMessage;
        try {
          content = proto.Message.decode(bytes);
        } catch {
          return;
        }
        expect(() => readMessage(received(content), around)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

describe("ids", () => {
  it("give back the message they were made of, whatever its sender called it", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9A-F]{8,32}$/),
        fc.option(fc.stringMatching(/^\+\d{6,15}$/)),
        (id, author) => {
          expect(splitMessageId(messageIdOf(id, author))).toEqual({ stanzaId: id, author });
        },
      ),
    );
  });

  it("of a delivery are the same for every try, and differ between its files", () => {
    expect(stanzaIdOf("run:0:1")).toBe(stanzaIdOf("run:0:1"));
    expect(stanzaIdOf("run:0:1", 1)).not.toBe(stanzaIdOf("run:0:1"));
    expect(stanzaIdOf("run:0:1")).toMatch(/^3EB0[0-9A-F]{18}$/);
  });

  it("are read as people write them", () => {
    for (const to of [
      "+49 151 12345678",
      "whatsapp:+4915112345678",
      "4915112345678@s.whatsapp.net",
      "4915112345678:3@c.us",
    ])
      expect(targetJid(to)).toBe(me);
    expect(targetJid("120363@G.US")).toBe("120363@g.us");
    for (const to of ["", "Bob", "+49", "x@broadcast", "../x@g.us", "status@broadcast"])
      expect(() => targetJid(to), to).toThrow(expect.objectContaining({ code: "TARGET_INVALID" }) as Error);
    expect(bareJid("4915112345678_1:22@hosted")).toBe(me);
    expect(publicId("5:1@lid")).toBe("5@lid");
  });
});

describe("files", () => {
  const content = Buffer.from("a file of ours");
  const signal = new AbortController().signal;

  it("are opened only as they were sealed", () => {
    const { body, message } = sealFile(content, "document");
    expect(Buffer.from(openFile(body, message, "document"))).toEqual(content);
    expect(() => openFile(body, message, "image")).toThrow(
      expect.objectContaining({ code: "MEDIA_DAMAGED" }) as Error,
    );
    for (const at of [0, body.length - 1]) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => openFile(changed, message, "document")).toThrow("signature");
    }
    expect(() => openFile(body, { ...message, fileSha256: Buffer.alloc(32, 1) }, "document")).toThrow(
      "digest",
    );
  });

  it("are fetched from WhatsApp's hosts alone, whatever address a message names", async () => {
    const asked: string[] = [];
    const fetch = (url: string | URL | Request): Promise<Response> => {
      asked.push(String(url instanceof Request ? url.url : url));
      return Promise.resolve(new Response(null, { status: 404 }));
    };
    const get = (file: object): Promise<unknown> =>
      downloadFile(file, "image", { fetch, origin: null }, { maxBytes: 100, signal }).catch(
        (error: unknown) => error,
      );
    expect(await get({ directPath: "/v/x.enc", url: "https://evil.example/y" })).toMatchObject({
      code: "MEDIA_GONE",
    });
    await get({ url: "http://169.254.169.254/latest" });
    await get({ url: "https://media-fra3.cdn.whatsapp.net/v/z.enc?a=b" });
    expect(asked).toEqual([
      "https://mmg.whatsapp.net/v/x.enc",
      "https://mmg.whatsapp.net/latest",
      "https://media-fra3.cdn.whatsapp.net/v/z.enc?a=b",
    ]);
    for (const directPath of ["//evil.example/x", "https://evil.example/x", "/\\evil.example/x"])
      expect(await get({ directPath })).toMatchObject({ code: "MEDIA_GONE" });
    expect(asked).toHaveLength(3);
  });
});
