import type { Secret } from "../core/secret.ts";
import type { MediaRef } from "../ledger/contract.ts";
import type { ImageLimits } from "./image.ts";

/** Where speech is understood or made: a service that speaks OpenAI's audio interface, or a program. */
export type SpeechEngine =
  | {
      kind: "service";
      /** Up to and including `/v1`. */
      baseUrl: string;
      model: string;
      /** Asked for every request; null where the service wants none. */
      key: (signal: AbortSignal) => Promise<Secret | null>;
      timeoutMs: number;
    }
  | { kind: "command"; argv: readonly string[]; timeoutMs: number }
  /** It is set up in a way that cannot work. */
  | { kind: "unusable"; reason: string };

export interface MediaSettings {
  image: ImageLimits;
  /** Null: voice messages are not transcribed. */
  transcription: { engine: SpeechEngine; language: string | null; maxBytes: number } | null;
  documents: {
    enabled: boolean;
    /** Most characters of one file in a prompt. */
    maxChars: number;
    /** Prints the text of `{input}`; empty for none. */
    pdfCommand: readonly string[];
    timeoutMs: number;
  };
}

export interface SpeechSettings {
  engine: SpeechEngine;
  voice: string;
  /** Longer answers are not spoken. */
  maxChars: number;
}

/** What became of one file, for `openclaw why`. */
export interface MediaNote {
  rule: "media.image" | "media.transcribed" | "media.read" | "media.failed";
  detail: string;
}

export interface PreparedMedia {
  /** What is left to be shown or named. */
  media: MediaRef[];
  /** Text of the files, to be put below what was written; empty where there is none. */
  text: string;
  notes: MediaNote[];
}
