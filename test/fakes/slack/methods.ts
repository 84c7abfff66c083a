import { fileWire, teamId, type Block, type Platform, type StoredMessage, type User } from "./platform.ts";

/** An answer of the Web API that is not ok. */
export class Refusal extends Error {}

export type Params = Record<string, string>;
type Answer = Record<string, unknown>;
const no = (error: string): never => {
  throw new Refusal(error);
};

/** The methods of the Web API, by what docs.slack.dev says of each; `apps.connections.open` is the server's. */
export function createMethods(platform: Platform, us: User): Record<string, (params: Params) => Answer> {
  const mine = { user: us.id, ...(us.botId === undefined ? {} : { botId: us.botId }) };

  function conversationOf(id: string | undefined): string {
    if (id === undefined || !platform.conversations.has(id)) return no("channel_not_found");
    return id;
  }
  function messageAt(params: Params, key = "ts"): StoredMessage {
    return platform.find(conversationOf(params["channel"]), params[key] ?? "") ?? no("message_not_found");
  }
  function contentOf(params: Params): { text: string; blocks: Block[] } {
    const text = params["text"] ?? "";
    const blocks = params["blocks"] === undefined ? [] : (JSON.parse(params["blocks"]) as Block[]);
    if (text === "" && blocks.length === 0) no("no_text");
    if (text.length > 40_000) no("msg_too_long");
    if (!validBlocks(blocks)) no("invalid_blocks");
    return { text, blocks };
  }
  function threadOf(params: Params, channel: string): { threadTs?: string } {
    const ts = params["thread_ts"];
    if (ts === undefined) return {};
    if (!platform.find(channel, ts)) no("thread_not_found");
    return { threadTs: ts };
  }
  function page(all: StoredMessage[], params: Params): Answer {
    const limit = Math.min(999, Number(params["limit"] ?? 100));
    const from = params["cursor"] === undefined ? 0 : Number(atob(params["cursor"]));
    const more = from + limit < all.length;
    const withMetadata = params["include_all_metadata"] === "true";
    return {
      messages: all.slice(from, from + limit).map((message) => ({
        ...platform.wire(message),
        ...(withMetadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
      })),
      has_more: more,
      ...(more ? { response_metadata: { next_cursor: btoa(String(from + limit)) } } : {}),
    };
  }
  const within = (message: StoredMessage, params: Params) =>
    !message.deleted &&
    Number(message.ts) > Number(params["oldest"] ?? 0) &&
    (params["latest"] === undefined || Number(message.ts) < Number(params["latest"]));
  const userWire = (user: User): Answer => ({
    id: user.id,
    name: user.name.toLowerCase(),
    real_name: user.name,
    is_bot: user.isBot,
    deleted: false,
    profile: { display_name: user.name, real_name: user.name },
  });
  const conversationWire = ({ id, name, user }: { id: string; name: string; user?: string }): Answer =>
    user === undefined ? { id, name, is_channel: true } : { id, is_im: true, user };

  return {
    "auth.test": () => ({
      user_id: us.id,
      user: us.name.toLowerCase(),
      bot_id: us.botId,
      team_id: teamId,
      team: "A team",
      url: "https://a-team.slack.com/",
    }),
    "chat.postMessage"(params) {
      const channel = conversationOf(params["channel"]);
      const metadata = params["metadata"];
      const message = platform.post({
        channel,
        ...mine,
        ...contentOf(params),
        ...threadOf(params, channel),
        ...(metadata === undefined ? {} : { metadata: JSON.parse(metadata) as unknown }),
      });
      return { channel, ts: message.ts, message: platform.wire(message) };
    },
    "chat.update"(params) {
      const message = messageAt(params);
      if (message.user !== us.id) no("cant_update_message");
      const { text, blocks } = contentOf(params);
      platform.change(message, { text, blocks });
      return { channel: message.channel, ts: message.ts, text };
    },
    "chat.delete"(params) {
      const message = messageAt(params);
      if (message.user !== us.id) no("cant_delete_message");
      platform.remove(message);
      return { channel: message.channel, ts: message.ts };
    },
    "chat.postEphemeral"(params) {
      platform.whispers.push({
        channel: conversationOf(params["channel"]),
        user: params["user"] ?? "",
        text: params["text"] ?? "",
      });
      return { message_ts: platform.nextTs() };
    },
    "reactions.add"(params) {
      const reaction = { name: params["name"] ?? "", removed: false };
      if (!platform.react(messageAt(params, "timestamp"), us.id, reaction)) no("already_reacted");
      return {};
    },
    "reactions.remove"(params) {
      const reaction = { name: params["name"] ?? "", removed: true };
      if (!platform.react(messageAt(params, "timestamp"), us.id, reaction)) no("no_reaction");
      return {};
    },
    "conversations.history"(params) {
      const channel = conversationOf(params["channel"]);
      const all = platform.messages.filter(
        (each) =>
          each.channel === channel &&
          within(each, params) &&
          (each.threadTs === undefined || each.threadTs === each.ts),
      );
      return page(all.reverse(), params);
    },
    "conversations.replies"(params) {
      const parent = messageAt(params);
      const replies = platform.messages.filter(
        (each) => each.channel === parent.channel && each.threadTs === parent.ts && within(each, params),
      );
      return page([parent, ...replies.filter((each) => each !== parent)], params);
    },
    "conversations.open"(params) {
      const found = [...platform.conversations.values()].find(({ user }) => user === params["users"]);
      return found ? { channel: { id: found.id } } : no("user_not_found");
    },
    "conversations.info": (params) => ({
      channel: conversationWire(
        platform.conversations.get(params["channel"] ?? "") ?? no("channel_not_found"),
      ),
    }),
    "conversations.list": () => ({
      channels: [...platform.conversations.values()]
        .filter(({ user }) => user === undefined)
        .map(conversationWire),
    }),
    "users.conversations": () => ({ channels: [...platform.conversations.values()].map(conversationWire) }),
    "users.list": () => ({ members: [...platform.users.values()].map(userWire) }),
    "users.info": (params) => ({
      user: userWire(platform.users.get(params["user"] ?? "") ?? no("user_not_found")),
    }),
    "files.info"(params) {
      const file = platform.files.get(params["file"] ?? "") ?? no("file_not_found");
      const now = platform.clock.now();
      const shown = file.shares.filter(({ since }) => since <= now);
      const by = (direct: boolean) =>
        Object.fromEntries(
          shown
            .filter(({ channel }) => channel.startsWith("D") === direct)
            .map(({ channel, ts }) => [channel, [{ ts }]]),
        );
      return { file: { ...fileWire(file, platform.base), shares: { private: by(true), public: by(false) } } };
    },
    "files.getUploadURLExternal"(params) {
      const name = params["filename"] ?? "";
      if (name === "" || !(Number(params["length"]) > 0)) no("invalid_arguments");
      const id = `F0UP${String(platform.uploads.size).padStart(5, "0")}`;
      platform.uploads.set(id, { name, content: null });
      return { upload_url: `${platform.base}/upload/v1/${id}`, file_id: id };
    },
    "files.completeUploadExternal"(params) {
      const wanted = JSON.parse(params["files"] ?? "[]") as Array<{ id: string; title?: string }>;
      const files = wanted.map(({ id }) => {
        const upload = platform.uploads.get(id);
        if (!upload?.content || platform.files.has(id)) return no("file_not_found");
        const file = {
          id,
          name: upload.name,
          mimeType: "application/octet-stream",
          content: upload.content,
          size: upload.content.length,
          shares: [],
        };
        platform.files.set(id, file);
        return file;
      });
      const channel = conversationOf(params["channel_id"]);
      platform.post({
        channel,
        ...mine,
        text: params["initial_comment"] ?? "",
        files,
        ...threadOf(params, channel),
      });
      return { files: files.map(({ id, name }) => ({ id, title: name })) };
    },
  };
}

function validBlocks(blocks: Block[]): boolean {
  const ids = blocks.flatMap((block) => (block.elements ?? []).map((each) => each.action_id));
  return (
    blocks.length <= 50 &&
    new Set(ids).size === ids.length &&
    blocks.every(
      (block) =>
        (block.type === "section" && block.text !== undefined && block.text.text.length <= 3000) ||
        (block.type === "actions" &&
          (block.elements ?? []).length <= 25 &&
          (block.elements ?? []).every((each) => each.text.text.length <= 75 && each.value.length <= 2000)),
    )
  );
}
