import type { ChannelCapability } from "../../src/channels/contract.ts";

/** One line of the conformance matrix. */
export interface ConformanceCase {
  id: CaseId;
  group: "in" | "out" | "people" | "delivery" | "faults" | "life";
  /** As the matrix shows it. */
  title: string;
  /** What a manifest must claim for the case to be run; without it the case is a gap with the manifest's reason. */
  needs?: ChannelCapability;
}

export type CaseId = (typeof list)[number]["id"];

const list = [
  { id: "text-in", group: "in", title: "text, every script and emoji, unchanged" },
  { id: "hostile-in", group: "in", title: "control characters and very long text do no harm" },
  { id: "reply-in", group: "in", title: "a reply names the message it quotes", needs: "replies" },
  { id: "edit-in", group: "in", title: "an edit names its message and the new text", needs: "receive-edits" },
  { id: "delete-in", group: "in", title: "a message taken back", needs: "receive-edits" },
  { id: "reaction-in", group: "in", title: "a reaction put and taken back", needs: "receive-reactions" },
  { id: "image-in", group: "in", title: "an image, byte for byte", needs: "media-in" },
  { id: "audio-in", group: "in", title: "an audio file", needs: "media-in" },
  { id: "document-in", group: "in", title: "a document with its name", needs: "media-in" },
  { id: "voice-in", group: "in", title: "a voice note, handed on as voice", needs: "voice-in" },
  {
    id: "media-in-cap",
    group: "in",
    title: "a file above the cap is refused, whatever size was stated",
    needs: "media-in",
  },
  { id: "media-in-lazy", group: "in", title: "no file is fetched before it is asked for", needs: "media-in" },
  { id: "location-in", group: "in", title: "a location", needs: "location" },
  { id: "contact-in", group: "in", title: "a contact card", needs: "contacts" },
  { id: "command-in", group: "in", title: "a slash command", needs: "commands" },
  { id: "button-in", group: "in", title: "a pressed button tells its value, once", needs: "buttons" },
  { id: "vote-in", group: "in", title: "a vote in a poll of ours", needs: "polls" },

  { id: "direct", group: "people", title: "a direct chat", needs: "direct" },
  { id: "group", group: "people", title: "a group is told from a direct chat", needs: "groups" },
  { id: "thread", group: "people", title: "threads and topics, in and out", needs: "threads" },
  { id: "mention", group: "people", title: "a mention is the platform's, not a word", needs: "mentions" },
  { id: "bots", group: "people", title: "other programs are marked, and ignored by the gateway" },
  { id: "echo", group: "people", title: "our own messages are never answered" },

  { id: "text-out", group: "out", title: "text, every script and emoji, unchanged" },
  {
    id: "long-out",
    group: "out",
    title: "a long answer in parts within the limit, code blocks and links whole",
  },
  { id: "markdown-out", group: "out", title: "markdown in the platform's own format" },
  {
    id: "hostile-out",
    group: "out",
    title: "text with the platform's markup in it stays text and rings nobody",
  },
  { id: "reply-out", group: "out", title: "an answer quotes its message", needs: "replies" },
  { id: "edit-out", group: "out", title: "a message of ours is changed in place", needs: "edit" },
  { id: "delete-out", group: "out", title: "a message of ours is taken back", needs: "delete" },
  { id: "react-out", group: "out", title: "a reaction of ours put and taken back", needs: "react" },
  { id: "typing-out", group: "out", title: "people see that the assistant writes", needs: "typing" },
  { id: "buttons-out", group: "out", title: "buttons under a message", needs: "buttons" },
  { id: "poll-out", group: "out", title: "a poll", needs: "polls" },
  { id: "image-out", group: "out", title: "an image, byte for byte, with its text", needs: "media-out" },
  { id: "audio-out", group: "out", title: "an audio file", needs: "media-out" },
  { id: "document-out", group: "out", title: "a document with its name", needs: "media-out" },
  { id: "read-out", group: "out", title: "read receipts", needs: "read-receipts" },
  { id: "history", group: "out", title: "history of a chat, newest last", needs: "history" },
  { id: "search", group: "out", title: "search", needs: "search" },
  { id: "directory", group: "out", title: "the directory of people and groups", needs: "directory" },

  { id: "order-in", group: "delivery", title: "messages of a chat arrive in order" },
  { id: "order-out", group: "delivery", title: "answers of a chat appear in order" },
  { id: "duplicate-in", group: "delivery", title: "an event the platform repeats is one message" },
  {
    id: "crash-before-commit",
    group: "delivery",
    title: "killed before the commit: the message comes again",
  },
  { id: "crash-after-commit", group: "delivery", title: "killed after the commit: it is answered once" },
  { id: "store-fails", group: "delivery", title: "what could not be stored is not acknowledged" },
  { id: "away", group: "delivery", title: "said while the gateway was down: answered after it is up" },
  { id: "lost-answer", group: "delivery", title: "a send whose answer was lost is settled as declared" },
  { id: "lost-request", group: "delivery", title: "a send that never arrived is not shown twice" },
  { id: "crash-in-send", group: "delivery", title: "killed while sending: settled as declared" },

  { id: "rate-limit", group: "faults", title: "429: waits as long as the platform asks" },
  { id: "server-error", group: "faults", title: "5xx: comes back by itself, nothing doubled" },
  {
    id: "revoked",
    group: "faults",
    title: "credential revoked: said at once, with the command that mends it",
  },
  { id: "cut", group: "faults", title: "network cut: said, and connected again by itself" },
  { id: "slow", group: "faults", title: "slow network: late, complete, once" },
  { id: "half-open", group: "faults", title: "half-open connection: noticed and replaced" },
  { id: "skew", group: "faults", title: "the platform's clock is an hour wrong" },
  { id: "conflict", group: "faults", title: "somebody else uses the credential: said, not fought over" },
  { id: "forged", group: "faults", title: "a forged webhook is refused", needs: "webhook" },

  { id: "probe", group: "life", title: "the probe tells connected from not" },
  { id: "evidence", group: "life", title: "both directions are proved by what really happened" },
  { id: "accounts", group: "life", title: "two accounts beside each other" },
  { id: "stop", group: "life", title: "stopping is clean, prompt and can be asked twice" },
  { id: "bad-config", group: "life", title: "a broken configuration names its key" },
  { id: "day", group: "life", title: "24 hours of scripted faults, nobody touching it" },
] as const satisfies ReadonlyArray<Omit<ConformanceCase, "id"> & { id: string }>;

/** Every case, in the order of the matrix. */
export const conformanceCases: readonly ConformanceCase[] = list;
