import * as z from "zod/mini";
import { optionalToolPolicy } from "./agents.ts";
import {
  countOr,
  flagOr,
  key,
  mapOf,
  optionalCount,
  optionalFlag,
  optionalSection,
  optionalText,
  optionalTexts,
  optionalWord,
  secret,
  section,
  text,
  textOr,
  wordOr,
} from "./key.ts";

const hot = { reload: "hot" } as const;
const part = { reload: "restart-part" } as const;

const groupEntry = z.looseObject({
  enabled: optionalFlag("Listen in this group."),
  requireMention: optionalFlag("Answer only when mentioned."),
  allowFrom: optionalTexts("Members who may speak to the agent."),
  systemPrompt: optionalText("Further instructions in this group."),
  tools: optionalToolPolicy("Tools in this group, beside what the agent may use."),
  skills: optionalTexts("Only these skills in this group."),
  agent: optionalText("Agent that answers in this group."),
  allowBots: optionalFlag("Listen to other programs in this group."),
});

/** Keys every channel and every account of a channel may have (CFG-037…043). Others belong to the channel itself. */
const accountShape = {
  enabled: optionalFlag("Start it.", part),
  name: optionalText("Display name.", hot),
  dmPolicy: optionalWord(
    ["pairing", "allowlist", "open", "disabled"],
    "Who may write directly: people approved by pairing, the allow list, everybody, nobody.",
    hot,
  ),
  allowFrom: optionalTexts("Senders who may write, by the platform's id.", hot),
  groupPolicy: optionalWord(["open", "allowlist", "disabled"], "Groups in which it listens.", hot),
  groupAllowFrom: optionalTexts(
    "Senders who may write in groups; without it allowFrom counts there too.",
    hot,
  ),
  groups: key(
    z.optional(z.record(text, groupEntry)),
    "Settings per id of a group, or of the guild or workspace it belongs to; `*` for all others.",
    hot,
  ),
  requireMention: optionalFlag("In groups, answer only when mentioned.", hot),
  allowBots: optionalFlag("Listen to other programs; they have to be listed like everybody else.", hot),
  selfChatMode: optionalFlag("What you write to yourself is for the assistant.", hot),
  textChunkLimit: optionalCount("Most characters of one message.", hot),
  mediaMaxMb: optionalCount("Largest media file in megabytes.", hot),
  historyLimit: optionalCount("Group messages kept as context.", hot),
  replyToMode: optionalWord(["off", "first", "all"], "Which parts of an answer quote the message.", hot),
  streaming: optionalWord(
    ["off", "partial"],
    "Whether an answer grows in one message while it is written, where the platform can edit; default partial.",
    hot,
  ),
  streamingIntervalMs: optionalCount(
    "Milliseconds before a growing answer appears, and between two edits of it; default 1500.",
    hot,
  ),
  blockStreaming: optionalFlag(
    "Send finished blocks of an answer as messages of their own; default agents.defaults.blockStreamingDefault.",
    hot,
  ),
  reactionNotifications: optionalWord(
    ["off", "own", "all", "allowlist"],
    "Reactions and votes the next run is told of: none (default), those to the assistant's messages, or all by people who may speak (allowlist is the same).",
    hot,
  ),
  // Credentials of the channels known so far. Whatever else a channel calls token or secret is treated alike.
  token: secret("Token of the account.", part),
  botToken: secret("Bot token of the account.", part),
  appToken: secret("App token of the account.", part),
  secret: secret("Shared secret of a webhook account.", part),
  webhookSecret: secret("Secret the platform signs its webhooks with.", part),
  signingSecret: secret("Secret the platform signs its requests with.", part),
  password: secret("Password of the account.", part),
  url: optionalText("Address replies are posted to.", part),
  webhookUrl: optionalText("Public address of the webhook.", part),
  apiRoot: optionalText("Base URL of the platform's interface.", part),
  sendReadReceipts: optionalFlag("Tell people that their messages were read (WhatsApp).", part),
  webSocketUrl: optionalText("Address of WhatsApp's servers; only for tests against a double.", part),
  mediaRoot: optionalText("Origin of WhatsApp's media hosts; only for tests against a double.", part),
  number: optionalText("Signal: own phone number, e.g. +4915112345678; without it the login says it.", part),
  httpUrl: optionalText("Signal: address of a running signal-cli daemon.", part),
  cliPath: optionalText("Signal: the signal-cli that is started when there is no httpUrl.", part),
  slashCommand: optionalText("Slack: the command of the app whose first word is a chat command.", part),
  catchUpHours: optionalCount(
    "Slack and Discord: how far back messages are asked for that were said while the gateway was away; 0 for never.",
    part,
  ),
  messageContent: optionalFlag(
    "Discord: ask for the words of messages in servers, which the bot's owner has to switch on there; default true.",
    part,
  ),
  presence: optionalWord(
    ["online", "idle", "dnd", "invisible"],
    "Discord: the dot beside the bot's name.",
    part,
  ),
  activity: optionalText("Discord: words shown below the bot's name.", part),
  linkPreview: optionalFlag(
    "Let the platform show a preview of links in answers; it fetches them then.",
    part,
  ),
};

const channelEntry = z.looseObject({
  ...accountShape,
  defaultAccount: optionalText("Account used when none is named."),
  accounts: key(
    z.optional(z.record(text, z.looseObject(accountShape))),
    "Several accounts of one channel, by name.",
    part,
  ),
});

/** `channels.*` */
export const channelsSection = mapOf(channelEntry, "Chat channels by name.", part);

/** `accessGroups.*` */
export const accessGroupsSection = mapOf(
  z.array(text),
  "Lists of senders by name, as channel:id or channel:role:id; `group:<name>` stands for one in every allow list.",
);

/** `broadcast.*` */
export const broadcastSection = mapOf(
  z.array(text),
  "Agents that all answer in a group, by channel:id of the group.",
);

/** `messages.*` */
export const messagesSection = section(
  {
    queue: section(
      {
        mode: wordOr(
          ["collect", "followup", "steer", "interrupt"],
          "collect",
          "What a message does while the agent is busy: wait with others, wait alone, join the run, stop it.",
        ),
        cap: countOr(20, "Most messages waiting in one session."),
        byChannel: mapOf(
          z.enum(["collect", "followup", "steer", "interrupt"]),
          "Another mode for a channel.",
        ),
      },
      "Messages that arrive while the agent is busy.",
    ),
    inbound: section(
      { debounceMs: countOr(0, "Milliseconds to wait for more of the same sender.") },
      "Arrival.",
    ),
    ackReaction: optionalText("Emoji put on messages that were received."),
    ackReactionScope: wordOr(
      ["group-mentions", "group-all", "direct", "all", "off"],
      "group-mentions",
      "Where that emoji is used.",
    ),
    removeAckAfterReply: flagOr(false, "Take the emoji away after the answer."),
    responsePrefix: optionalText("Text in front of every answer."),
    groupChat: section(
      {
        mentionPatterns: key(
          z._default(z.array(text), []),
          "Patterns that count as a mention: words, or simple regular expressions such as `\\\\bclaw\\\\b`.",
        ),
        historyLimit: countOr(50, "Group messages kept as context until the assistant is mentioned."),
      },
      "Groups.",
    ),
  },
  "Messages in and out.",
);

/** `session.*` */
export const sessionSection = section(
  {
    mainKey: textOr("main", "Name of the main session of an agent.", { reload: "restart" }),
    scope: wordOr(["per-sender", "global"], "per-sender", "`global`: all direct chats share one session."),
    dmScope: wordOr(
      ["main", "per-peer", "per-channel-peer", "per-account-channel-peer"],
      "main",
      "Which direct chats share a session. With `main` those of the owner are the main session, everybody else has one of their own.",
    ),
    identityLinks: mapOf(z.array(text), "One person's ids in several channels, as channel:id, by name."),
    reset: section(
      {
        mode: wordOr(["off", "daily", "idle"], "off", "When a session starts over by itself."),
        atHour: countOr(4, "Hour of the day for `daily`."),
        idleMinutes: countOr(0, "Minutes without a message for `idle`."),
      },
      "Starting over.",
    ),
    resetTriggers: key(
      z._default(z.array(text), ["/new", "/reset"]),
      "Messages that start a new session, word for word; /new and /reset always do.",
    ),
    maintenance: section(
      {
        pruneAfterDays: countOr(0, "Archive sessions untouched for so many days; 0 keeps all."),
        maxEntries: countOr(0, "Keep at most so many sessions; 0 keeps all."),
      },
      "Tidying up.",
      { advanced: true },
    ),
    sendPolicy: optionalSection(
      {
        default: wordOr(["allow", "deny"], "allow", "What applies without a rule."),
        rules: key(
          z._default(
            z.array(
              z.strictObject({
                action: z.enum(["allow", "deny"]),
                match: z._default(
                  z.strictObject({
                    channel: z.optional(text),
                    chatType: z.optional(z.enum(["direct", "group"])),
                    keyPrefix: z.optional(text),
                  }),
                  {},
                ),
              }),
            ),
            [],
          ),
          "Rules, the first that fits decides: action `allow` or `deny`, match by channel, chatType (direct, group) and keyPrefix of the session.",
        ),
      },
      "Which answers are sent to chats; what is not sent stays in the transcript.",
    ),
  },
  "Sessions.",
);
