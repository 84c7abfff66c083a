import { createHash } from "node:crypto";

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";
export type AttributeValue = string | number | boolean;
/** Identifiers, counts and codes; never text of a message and never a secret. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

export interface SpanLink {
  traceId: string;
  spanId: string;
}

/** A finished piece of work. Times are epoch milliseconds. */
export interface Span {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  /** Null for the root of a trace. */
  parentSpanId: string | null;
  name: string;
  kind: SpanKind;
  startMs: number;
  endMs: number;
  attributes: Attributes;
  /** Stable code of what went wrong; null when nothing did. */
  error: string | null;
  links?: readonly SpanLink[];
  events?: ReadonlyArray<{ name: string; atMs: number; attributes?: Attributes }>;
}

const digest = (words: readonly string[]) =>
  createHash("sha256")
    .update(words.map((word) => `${word.length}:${word}`).join(""))
    .digest("hex");

/** The trace of a run: the same in every process, so that a restart continues it. */
export const traceIdOf = (runId: string): string => digest(["trace", runId]).slice(0, 32);

/** The id of a span that is known by what it stands for, e.g. `spanIdOf("tool", runId, callId)`. */
export const spanIdOf = (...words: string[]): string => digest(["span", ...words]).slice(0, 16);

/** Whether a trace is one of the `rate` (0 to 1) that are kept: decided by its id, so every process decides alike. */
export function isSampled(traceId: string, rate: number): boolean {
  return Number.parseInt(traceId.slice(0, 12), 16) / 16 ** 12 < rate;
}
