import * as fc from "fast-check";
import type { ContentBlock, TranscriptEntry } from "../../../src/core/conversation.ts";

const nasty = fc.constantFrom("", " ", "\n", "x", "hello", "\ud800", "a\udc00b", "🙂", "tool", "-1", "_");
const id = fc.constantFrom("c1", "c2", "call|3", "", "\ud800", "x".repeat(60), "call_3");
const json = fc.constantFrom(
  null,
  1,
  "s",
  "\ud800",
  [1],
  {},
  { "k\udfff": "v\ud800", n: { __proto__: null } },
);
const image = fc.record({
  type: fc.constant("image" as const),
  digest: fc.constantFrom("aa", "missing"),
  mimeType: fc.constantFrom("image/png", "image/gif", "image/tiff", "text/html"),
  bytes: fc.constantFrom(3, 1e9),
});
const textBlock = nasty.map((text) => ({ type: "text" as const, text }));
const block: fc.Arbitrary<ContentBlock> = fc.oneof(
  textBlock,
  image,
  fc.record({
    type: fc.constant("thinking" as const),
    thinking: nasty,
    signature: fc.constantFrom("signed", "signed2"),
  }),
  nasty.map((thinking) => ({ type: "thinking" as const, thinking })),
  fc.record({
    type: fc.constant("tool_use" as const),
    id,
    name: nasty,
    input: json as fc.Arbitrary<never>,
  }),
  fc.record({
    type: fc.constant("tool_result" as const),
    tool_use_id: id,
    content: fc.array(fc.oneof(textBlock, image), { maxLength: 2 }),
    is_error: fc.boolean(),
  }),
);
const anyEntry: fc.Arbitrary<TranscriptEntry> = fc
  .record(
    {
      id: fc.constantFrom("1", "2", "3", "4"),
      ts: fc.constant(0),
      role: fc.constantFrom("user" as const, "assistant" as const, "tool" as const, "system" as const),
      content: fc.array(block, { maxLength: 4 }),
      kind: fc.constantFrom("message" as const, "message" as const, "note" as const, "compaction" as const),
      provider: fc.constantFrom("p1", "p2"),
      model: fc.constantFrom("m1", "m2"),
      stopReason: fc.constantFrom("stop" as const, "aborted" as const, "error" as const),
      compaction: fc.record({
        firstKeptId: fc.constantFrom("1", "2", "nope", null),
        tokensBefore: fc.constant(1),
      }),
    },
    { requiredKeys: ["id", "ts", "role", "content"] },
  )
  // A signature belongs to who made it.
  .map((made) => ({
    ...made,
    content: made.content.map((part) =>
      part.type === "thinking" && part.signature
        ? { ...part, signature: `${made.provider}/${made.model}` }
        : part,
    ),
  }));

/**
 * Transcripts as crashes, other programs and other providers leave them: calls without results, results without calls,
 * ids used twice, blank and broken text. Who made an entry is `p1/m1`, `p1/m2`, `p2/…`; media "aa" exists.
 */
export function anyTranscript(): fc.Arbitrary<TranscriptEntry[]> {
  return fc.array(anyEntry, { maxLength: 8 });
}
