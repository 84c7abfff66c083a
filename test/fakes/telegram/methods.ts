import { readTelegramHtml } from "../../channels/readers.ts";
import type { SeenSpan } from "../../channels/driver.ts";
import type { FormPart } from "../multipart.ts";
import { textOf, type Bot, type Chat, type File, type Platform, type StoredMessage } from "./platform.ts";

/** An answer of the Bot API that is not ok. */
export class Refusal extends Error {
  readonly code: number;
  readonly parameters: Record<string, unknown> | undefined;
  constructor(code: number, description: string, parameters?: Record<string, unknown>) {
    super(description);
    this.code = code;
    this.parameters = parameters;
  }
}
const bad = (why: string) => new Refusal(400, `Bad Request: ${why}`);

/** Parameters of a call, whether they came as JSON or as a form. */
export interface Call {
  bot: Bot;
  params: Record<string, unknown>;
  uploads: Map<string, FormPart>;
}

const textLimit = 4096;
const captionLimit = 1024;
const mimeTypes: Record<string, string> = {
  photo: "image/jpeg",
  voice: "audio/ogg",
  video: "video/mp4",
  animation: "video/mp4",
  audio: "audio/mpeg",
  document: "application/octet-stream",
};

/** The methods of the Bot API that do something at once; getUpdates waits and is the server's. */
export function createMethods(platform: Platform) {
  function chatOf(call: Call): Chat {
    const id = Number(call.params["chat_id"]);
    const chat = platform.chats.get(id);
    if (!chat) throw bad("chat not found");
    const moved = (chat as { movedTo?: number }).movedTo;
    if (moved !== undefined)
      throw new Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", {
        migrate_to_chat_id: moved,
      });
    return chat;
  }

  function read(call: Call, text: string, limit: number) {
    const trimmed = text.trim();
    let parsed;
    try {
      parsed =
        call.params["parse_mode"] === "HTML"
          ? readTelegramHtml(trimmed)
          : { plain: trimmed, spans: [], rings: [] };
    } catch (error) {
      throw bad(error instanceof Error ? error.message : String(error));
    }
    if (parsed.plain.length > limit)
      throw bad(limit === textLimit ? "message is too long" : "message caption is too long");
    return { raw: trimmed, ...parsed, rings: [...parsed.rings, ...rungBy(parsed)] };
  }

  /** Telegram makes a mention of every known name that is not code, and of links to a person. */
  function rungBy({ plain, spans }: { plain: string; spans: SeenSpan[] }): string[] {
    const quiet = spans.filter(({ style }) => style === "code" || style === "pre").map(({ text }) => text);
    const words = quiet.reduce((rest, code) => rest.replace(code, " "), plain);
    const names = [...platform.users.values()].flatMap(({ username }) => username ?? []);
    return [
      ...names.filter((name) => new RegExp(`(?<![\\w@])@${name}(?!\\w)`, "i").test(words)),
      ...spans.flatMap(({ url }) => /^tg:\/\/user\?id=(\d+)/i.exec(url ?? "")?.[1] ?? []),
    ];
  }

  function post(
    call: Call,
    content: {
      wire: Record<string, unknown>;
      text?: string;
      caption?: string;
      files?: StoredMessage["files"];
      first?: boolean;
    },
  ): StoredMessage["wire"] {
    const chat = chatOf(call);
    const said = content.text ?? content.caption;
    const readable =
      said === undefined
        ? { raw: "", plain: "", spans: [], rings: [] }
        : read(call, said, content.text === undefined ? captionLimit : textLimit);
    if (content.text !== undefined && readable.plain === "") throw bad("message text is empty");
    const thread = call.params["message_thread_id"];
    if (thread !== undefined && Number(thread) === 1) throw bad("message thread not found");
    const reply = call.params["reply_parameters"] as
      | { message_id: number; allow_sending_without_reply?: boolean }
      | undefined;
    const quoted = reply && platform.find(chat.id, reply.message_id);
    if (reply && (!quoted || quoted.deleted) && reply.allow_sending_without_reply !== true)
      throw bad("message to be replied not found");
    checkKeyboard(call.params["reply_markup"]);
    const wire = {
      message_id: platform.number(),
      from: call.bot.user,
      chat,
      date: platform.seconds(),
      ...(thread === undefined ? {} : { message_thread_id: Number(thread), is_topic_message: true }),
      ...(quoted && !quoted.deleted ? { reply_to_message: quoted.wire } : {}),
      ...(call.params["reply_markup"] === undefined ? {} : { reply_markup: call.params["reply_markup"] }),
      ...(content.text === undefined ? {} : { text: readable.plain }),
      ...(content.caption === undefined ? {} : { caption: readable.plain }),
      ...content.wire,
    };
    platform.messages.push({
      wire,
      ...readable,
      before: [],
      deleted: false,
      files: content.files ?? [],
      at: platform.clock.now(),
      reactions: new Map(),
    });
    platform.typing.delete(chat.id);
    return wire;
  }

  function upload(call: Call, kind: string, reference: unknown): File {
    const name = String(reference).replace("attach://", "");
    const part = call.uploads.get(name);
    if (!part) throw bad("there is no file in the request");
    if (part.content.length === 0) throw bad("file must be non-empty");
    return platform.addFile({
      content: part.content,
      fileName: part.fileName ?? kind,
      mimeType: mimeTypes[kind] ?? "application/octet-stream",
      stated: part.content.length,
    });
  }

  function sendFile(kind: string) {
    return (call: Call) => {
      const file = upload(call, kind, call.params[kind]);
      const caption = call.params["caption"];
      return post(call, {
        wire: fileFields(kind, file),
        caption: typeof caption === "string" ? caption : "",
        files: [{ kind, file }],
      });
    };
  }

  function own(call: Call): StoredMessage {
    const found = platform.find(Number(call.params["chat_id"]), Number(call.params["message_id"]));
    if (!found || found.deleted) throw bad("message to edit not found");
    if (found.wire.from?.id !== call.bot.user.id) throw bad("message can't be edited");
    return found;
  }

  function change(call: Call, key: "text" | "caption", limit: number) {
    const found = own(call);
    if (key === "text" && found.wire["text"] === undefined)
      throw bad("there is no text in the message to edit");
    const readable = read(call, textOf(call.params[key]), limit);
    checkKeyboard(call.params["reply_markup"]);
    const markup = call.params["reply_markup"];
    if (readable.raw === found.raw && JSON.stringify(markup) === JSON.stringify(found.wire["reply_markup"]))
      throw bad(
        "message is not modified: specified new message content and reply markup are exactly the same",
      );
    if (readable.plain !== found.plain) found.before.push(found.plain);
    Object.assign(found, readable);
    found.wire[key] = readable.plain;
    if (markup === undefined) delete found.wire["reply_markup"];
    else found.wire["reply_markup"] = markup;
    return found.wire;
  }

  const methods: Record<string, (call: Call) => unknown> = {
    getMe: ({ bot }) => ({
      ...bot.user,
      can_join_groups: true,
      can_read_all_group_messages: true,
      supports_inline_queries: false,
    }),
    getWebhookInfo: ({ bot }) => ({
      url: bot.webhook?.url ?? "",
      has_custom_certificate: false,
      pending_update_count: bot.updates.length,
      ...(bot.webhook?.lastErrorDate === undefined
        ? {}
        : { last_error_date: bot.webhook.lastErrorDate, last_error_message: bot.webhook.lastError }),
    }),
    setWebhook: ({ bot, params }) => {
      const secret = params["secret_token"];
      if (secret !== undefined && !/^[A-Za-z0-9_-]{1,256}$/.test(textOf(secret)))
        throw bad("secret token contains unallowed characters");
      bot.webhook = { url: textOf(params["url"]), secret: textOf(secret) };
      if (bot.webhook.url === "") bot.webhook = null;
      if (Array.isArray(params["allowed_updates"])) bot.allowed = params["allowed_updates"].map(String);
      for (const wake of bot.wake) wake();
      return true;
    },
    deleteWebhook: ({ bot }) => {
      bot.webhook = null;
      return true;
    },
    setMyCommands: ({ bot, params }) => {
      bot.commands = params["commands"] as unknown[];
      return true;
    },
    getMyCommands: ({ bot }) => bot.commands,
    getChat: (call) => chatOf(call),
    sendMessage: (call) => post(call, { wire: {}, text: textOf(call.params["text"]) }),
    sendPhoto: sendFile("photo"),
    sendDocument: sendFile("document"),
    sendAudio: sendFile("audio"),
    sendVoice: sendFile("voice"),
    sendVideo: sendFile("video"),
    sendAnimation: sendFile("animation"),
    sendMediaGroup: (call) => {
      const media = call.params["media"] as Array<Record<string, unknown>>;
      if (media.length < 2 || media.length > 10) throw bad("wrong number of media in the group");
      const group = String(platform.number());
      return media.map((item) => {
        const kind = String(item["type"]);
        const file = upload(call, kind, item["media"]);
        const params = { ...call.params, parse_mode: item["parse_mode"] };
        return post(
          { ...call, params },
          {
            wire: { ...fileFields(kind, file), media_group_id: group },
            caption: textOf(item["caption"]),
            files: [{ kind, file }],
          },
        );
      });
    },
    sendPoll: (call) => {
      const { question, options, allows_multiple_answers: multiple, is_anonymous: anonymous } = call.params;
      const texts = (options as Array<{ text: string }>).map(({ text }) => ({ text, voter_count: 0 }));
      if (texts.length < 2 || texts.length > 12) throw bad("poll must have 2-12 options");
      const poll = {
        id: `55${platform.number()}0000000000001`,
        question,
        options: texts,
        is_anonymous: anonymous !== false,
        allows_multiple_answers: multiple === true,
      };
      return post(call, { wire: { poll } });
    },
    editMessageText: (call) => change(call, "text", textLimit),
    editMessageCaption: (call) => change(call, "caption", captionLimit),
    deleteMessage: (call) => {
      const found = platform.find(Number(call.params["chat_id"]), Number(call.params["message_id"]));
      if (!found || found.deleted) throw bad("message to delete not found");
      found.deleted = true;
      return true;
    },
    setMessageReaction: (call) => {
      const found = platform.find(Number(call.params["chat_id"]), Number(call.params["message_id"]));
      if (!found) throw bad("message to react not found");
      const wanted = (call.params["reaction"] ?? []) as Array<{ emoji?: string }>;
      const emoji = wanted.map((each) => each.emoji ?? "");
      if (emoji.some((each) => !allowedReactions.has(each))) throw bad("REACTION_INVALID");
      found.reactions.set(call.bot.user.id, emoji);
      return true;
    },
    sendChatAction: (call) => {
      platform.typing.set(chatOf(call).id, platform.clock.now() + 5000);
      return true;
    },
    answerCallbackQuery: ({ params }) => {
      platform.pressAnswers.get(String(params["callback_query_id"]))?.(textOf(params["text"]));
      return true;
    },
    createForumTopic: (call) => {
      if (chatOf(call).is_forum !== true) throw bad("the chat is not a forum");
      return { message_thread_id: platform.number(), name: call.params["name"], icon_color: 0 };
    },
    getFile: ({ params }) => {
      const file = platform.files.get(String(params["file_id"]));
      if (!file) throw bad("invalid file_id");
      if (file.content.length > 20 * 1024 * 1024) throw bad("file is too big");
      return {
        file_id: file.id,
        file_unique_id: `u${file.id}`,
        file_path: file.path,
        ...(file.stated === null ? {} : { file_size: file.stated }),
      };
    },
  };
  return methods;
}

/** How a message shows its file. */
export function fileFields(kind: string, file: File): Record<string, unknown> {
  const facts = {
    file_id: file.id,
    file_unique_id: `u${file.id}`,
    ...(file.stated === null ? {} : { file_size: file.stated }),
  };
  if (kind === "photo") return { photo: [{ ...facts, width: 90, height: 90 }] };
  if (kind === "sticker") return { sticker: { ...facts, type: "regular", width: 512, height: 512 } };
  return {
    [kind]: {
      ...facts,
      mime_type: file.mimeType,
      ...(kind === "voice" ? {} : { file_name: file.fileName }),
      ...(kind === "document" ? {} : { duration: 1 }),
    },
  };
}

function checkKeyboard(markup: unknown): void {
  const rows = (
    markup as { inline_keyboard?: Array<Array<{ text: string; callback_data?: string }>> } | undefined
  )?.inline_keyboard;
  for (const button of rows?.flat() ?? []) {
    if (button.text === "") throw bad("text buttons are unallowed in the inline keyboard");
    const bytes = Buffer.byteLength(button.callback_data ?? "");
    if (bytes < 1 || bytes > 64) throw bad("BUTTON_DATA_INVALID");
  }
}

const allowedReactions = new Set(
  "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷 😡".split(
    " ",
  ),
);
