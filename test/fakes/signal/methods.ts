import type { Attachment, Person, Platform, StoredMessage } from "./platform.ts";

/** An error of JSON-RPC as signal-cli answers it. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data ?? null;
  }
}
type Params = Record<string, unknown>;
const user = (message: string) => new RpcError(-1, message);
const list = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(String) : typeof value === "string" ? [value] : [];

/** The methods of signal-cli's JSON-RPC that do something. */
export function createMethods(platform: Platform): Record<string, (params: Params) => unknown> {
  const { us } = platform;

  function chatOf(params: Params): { chat: string; reached: Person[] } {
    const [recipient] = list(params["recipient"]);
    const group = params["groupId"];
    if (typeof group === "string") {
      if (!platform.groups.has(group)) throw user("Invalid group id");
      return { chat: group, reached: [...platform.people.values()] };
    }
    if (recipient === undefined) throw user("No recipients given");
    const person = platform.person(recipient);
    if (!person) throw user(`The user ${recipient} is not registered.`);
    return { chat: person.uuid, reached: [person] };
  }
  const sent = (timestamp: number, reached: Person[]) => ({
    timestamp,
    results: reached.map(({ uuid, number }) => ({ recipientAddress: { uuid, number }, type: "SUCCESS" })),
  });
  const mine = (timestamp: unknown): StoredMessage => {
    const found = platform.find(Number(timestamp), us.uuid);
    if (!found) throw user("Message to change was not found");
    return found;
  };

  function stylesOf(params: Params, text: string): StoredMessage["styles"] {
    return list(params["textStyle"]).map((each) => {
      const [, start = "", length = "", style = ""] = /^(\d+):(\d+):(.+)$/.exec(each) ?? [];
      if (!/^(?:BOLD|ITALIC|STRIKETHROUGH|MONOSPACE|SPOILER)$/.test(style))
        throw user(`Invalid style: ${style}`);
      if (Number(start) + Number(length) > text.length) throw user("Style beyond the text");
      return { style, start: Number(start), length: Number(length) };
    });
  }

  function fileOf(uri: string): Attachment {
    const [, contentType = "", parameters = "", content] =
      /^data:([\w.+-]+\/[\w.+-]+)((?:;[\w-]+=[^;,]+)*);base64,([A-Za-z0-9+/=]*)$/.exec(uri) ?? [];
    if (content === undefined)
      throw new RpcError(-32603, "Failed to add attachment (AttachmentInvalidException)");
    const filename = /;filename=([^;,]+)/.exec(parameters)?.[1];
    const bytes = Buffer.from(content, "base64");
    return platform.addFile({
      contentType,
      content: bytes,
      size: bytes.length,
      ...(filename === undefined ? {} : { filename: decodeURIComponent(filename) }),
    });
  }

  return {
    version: () => ({ version: "0.13.22" }),
    listAccounts: () => [{ number: us.number }],
    listContacts(params) {
      const wanted = list(params["recipient"]);
      const everybody = [...platform.people.values(), ...(params["allRecipients"] === true ? [us] : [])];
      return everybody
        .filter(({ number, uuid }) => wanted.length === 0 || wanted.includes(number) || wanted.includes(uuid))
        .map(({ uuid, number, name }) => ({
          number,
          uuid,
          username: null,
          name: "",
          profile: { givenName: name, familyName: null },
        }));
    },
    listGroups: () =>
      [...platform.groups].map(([id, name]) => ({ id, name, isMember: true, isBlocked: false })),
    send(params) {
      const { chat, reached } = chatOf(params);
      const text = typeof params["message"] === "string" ? params["message"] : "";
      const attachments = list(params["attachment"]).map(fileOf);
      const styles = stylesOf(params, text);
      if (params["editTimestamp"] !== undefined) {
        const message = mine(params["editTimestamp"]);
        if (message.before.length >= 10) throw user("Message was edited too often");
        message.before.push(message.text);
        Object.assign(message, { text, styles });
        return sent(platform.nextTime(), reached);
      }
      if (text === "" && attachments.length === 0)
        throw user(
          "Sending empty message is not allowed, either a message, attachment or sticker must be given.",
        );
      const quoted = params["quoteTimestamp"];
      if (quoted !== undefined && platform.person(String(params["quoteAuthor"])) === undefined)
        throw user("Invalid quote author");
      const message = platform.store({
        author: us,
        chat,
        text,
        styles,
        attachments,
        ...(quoted === undefined
          ? {}
          : { quote: { id: Number(quoted), author: String(params["quoteAuthor"]) } }),
      });
      platform.typing.delete(chat);
      return sent(message.timestamp, reached);
    },
    remoteDelete(params) {
      const { reached } = chatOf(params);
      mine(params["targetTimestamp"]).deleted = true;
      return sent(platform.nextTime(), reached);
    },
    sendReaction(params) {
      const { reached } = chatOf(params);
      const target = platform.find(Number(params["targetTimestamp"]), String(params["targetAuthor"]));
      if (!target) throw user("Target message was not found");
      if (params["remove"] === true) target.reactions.delete(us.uuid);
      else target.reactions.set(us.uuid, String(params["emoji"]));
      return sent(platform.nextTime(), reached);
    },
    sendTyping(params) {
      const { chat } = chatOf(params);
      if (params["stop"] === true) platform.typing.delete(chat);
      else platform.typing.set(chat, platform.clock.now() + 15_000);
      return {};
    },
    sendReceipt(params) {
      chatOf(params);
      if (params["type"] === "read") platform.read.push(...list(params["targetTimestamp"]).map(Number));
      return {};
    },
    getAttachment(params) {
      const file = platform.files.get(String(params["id"]));
      if (!file) throw user(`Could not find attachment with ID: ${String(params["id"])}`);
      return { data: Buffer.from(file.content).toString("base64") };
    },
    startLink: () => ({ deviceLinkUri: "sgnl://linkdevice?uuid=double&pub_key=double" }),
    finishLink(params) {
      if (!String(params["deviceLinkUri"]).startsWith("sgnl://linkdevice"))
        throw user("Invalid device link uri");
      return { number: us.number };
    },
  };
}
