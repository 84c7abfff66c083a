import type { Part } from "./items.ts";

// What the gateway tells about conversations (docs/protocol.md).

export interface WireBlock {
  type: string;
  text?: string;
  thinking?: string;
  id?: string;
  name?: string;
  arguments?: unknown;
  toolCallId?: string;
  mimeType?: string;
  bytes?: number;
}

export interface WireMessage {
  id?: string;
  /** The run that wrote it, or that it was said to. */
  runId?: string;
  role: "user" | "assistant" | "toolResult" | "system";
  content: WireBlock[];
  timestamp: number;
  kind?: string;
  toolCallId?: string;
  isError?: boolean;
  errorMessage?: string;
  /** Our own addition: the stable code of it. */
  errorCode?: string;
  model?: string;
  usage?: { totalTokens: number };
  /** From 2: how often this message was changed, and the entry it took the place of last. */
  version?: number;
  replaces?: string;
  /** Said by somebody else: it cannot be changed here. */
  fixed?: boolean;
}

export interface HistoryPage {
  messages: WireMessage[];
  /** Where the page before this one ends; absent at the beginning of the conversation. */
  older?: number;
  /** Where the page after this one begins, when it was asked for from a place on; absent at the end. */
  newer?: number;
}

export interface SessionRow {
  key: string;
  kind: string;
  label?: string;
  displayName?: string;
  derivedTitle?: string;
  lastMessagePreview?: string;
  updatedAt?: number;
  channel?: string;
  totalTokens?: number;
  contextTokens?: number;
  model?: string;
}

export interface AgentEvent {
  runId: string;
  sessionKey: string;
  /** Epoch milliseconds. */
  ts: number;
  stream: "lifecycle" | "assistant" | "tool" | "thinking" | "compaction";
  data: {
    phase?: "start" | "update" | "result" | "end" | "error";
    text?: string;
    delta?: string;
    name?: string;
    toolCallId?: string;
    args?: unknown;
    isError?: boolean;
    durationMs?: number;
    /** Id of the approval a tool waits for; null when it goes on. */
    waitingFor?: string | null;
    startedAt?: number;
    result?: { content: WireBlock[] };
    partialResult?: { content: WireBlock[] };
    error?: string;
  };
}

export interface ChatEvent {
  runId: string;
  sessionKey: string;
  state: "delta" | "final" | "aborted" | "error";
  errorMessage?: string;
  /** Our own addition: the stable code of it. */
  errorCode?: string;
}

/** A message that was accepted and is not answered yet. */
export interface WaitingMessage {
  runId: string;
  text: string;
  files: number;
  receivedAt: number;
  /** Entry it takes the place of, with all that was said after that. */
  replaces?: string;
}

/** What `chat.version` gives: an earlier version of a message, and what was said after it then. */
export interface VersionPage {
  id: string;
  version: number;
  of: number;
  messages: WireMessage[];
  more: boolean;
}

/** What `chat.live` says of a conversation now. */
export interface LiveState {
  runs: Array<{ runId: string; since: number; parts: Part[]; messages: WaitingMessage[] }>;
  waiting: WaitingMessage[];
}

/** A place where words were found. */
export interface Hit {
  id: string;
  role: string;
  timestamp: number;
  /** Its place in the transcript. */
  at: number;
  text: string;
}

/** Why a run gave no answer, as the gateway tells it. */
export interface RunFailure {
  /** Empty where an older gateway tells none. */
  code: string;
  message: string;
}
