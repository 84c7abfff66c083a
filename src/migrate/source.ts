import type { Item } from "./contract.ts";

export type Fields = Record<string, unknown>;

/** One conversation of the old installation with the transcripts that belong to it. */
export interface SourceSession {
  /** Canonical key, also where the old one was spelled differently. */
  key: string;
  agentId: string;
  /** Keys as the old program had them; two when it listed one conversation twice. */
  oldKeys: string[];
  /** In the form of an entry of `sessions.json`. */
  record: Fields;
  transcripts: string[];
}

export interface SourceTranscript {
  /** Distinct within the installation: the session id, or the file name without its ending. */
  id: string;
  agentId: string;
  /** Parsed events in order; null for what could not be read. */
  read: () => unknown[];
}

export interface SourceFile {
  /** Relative to the old state directory, with `/`. */
  path: string;
  absolute: string;
}

/** An old installation, read and not yet judged. Both eras come down to this. */
export interface LegacySource {
  dir: string;
  era: "files" | "sqlite";
  /** As the config says; null when it does not. */
  version: string | null;
  config: { path: string; text: string } | null;
  dotenv: string | null;
  sessions: SourceSession[];
  transcripts: SourceTranscript[];
  /** `profiles`, `order`, … of each agent; the agent id null for logins that all agents share. */
  logins: Array<{ agentId: string | null; source: string; document: Fields }>;
  cronJobs: Array<{ id: string; job: unknown; own: boolean }>;
  cronRuns: Array<{ id: string; run: Fields | null }>;
  pairing: Array<{ channel: string; account: string; allow: string[]; requests: Fields[] }>;
  devices: { paired: Fields; pending: Fields };
  nodes: { paired: Fields; pending: Fields };
  execApprovals: Fields | null;
  identity: { device: Fields | null; auth: Fields | null };
  /** Documents that go to a file of the same meaning, by its new path. */
  documents: Array<{ id: string; path: string; value: unknown }>;
  /** Folders to copy as they are (channel logins, media, skills). */
  folders: SourceFile[];
  /** Workspaces found inside the old state directory, by their name. */
  workspaces: string[];
  /** Rows of the receipt that need no decision: what has no counterpart, is rebuilt, or only belongs to a run. */
  left: Item[];
  warnings: string[];
  close(): void;
}
