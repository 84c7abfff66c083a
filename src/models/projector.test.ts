import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyTranscript } from "../../test/fakes/providers/transcripts.ts";
import type { TranscriptEntry } from "../core/conversation.ts";
import { project, projectOn, type ProjectionTarget } from "./projection.ts";
import { createProjector } from "./projector.ts";
import type { Wire } from "./wire-rules.ts";

const wires: Wire[] = [
  "offline",
  "anthropic-messages",
  "openai-responses",
  "openai-chat",
  "google-generative",
];
const loadMedia = (digest: string) => (digest === "missing" ? null : new Uint8Array([1, 2, 3]));
const target = (wire: Wire): ProjectionTarget => ({ wire, provider: "p1", model: "m1", images: true });
const runs = { numRuns: Number(process.env["OPENCLAW_TEST_SEQUENCES"] ?? 20_000) / 4 };

describe("projecting a conversation that grows", () => {
  it("says at every length what projecting all of it says", () => {
    fc.assert(
      fc.property(anyTranscript(), fc.constantFrom(...wires), (entries, wire) => {
        let prefix: Parameters<typeof projectOn>[0] = null;
        for (let length = 1; length <= entries.length; length++) {
          const part = entries.slice(0, length);
          const grown = projectOn(prefix, target(wire), part, loadMedia);
          expect(grown.messages).toEqual(project(target(wire), part, loadMedia));
          ({ prefix } = grown);
        }
      }),
      runs,
    );
  });

  const talk = (count: number): TranscriptEntry[] =>
    Array.from({ length: count }, (_, index) => ({
      id: `e${index}`,
      ts: index,
      role: index % 2 === 0 ? "user" : "assistant",
      content: [{ type: "text", text: `line ${index}` }],
    }));

  it("starts anew when the history is another one, and keeps sessions and models apart", () => {
    const projector = createProjector();
    const history = talk(100);
    const first = projector("s", target("openai-chat"), history, loadMedia);
    const again = projector("s", target("openai-chat"), [...history, ...talk(2)], loadMedia);
    expect(again[0]).toBe(first[0]);
    const changed = [
      { ...history[0], content: [{ type: "text", text: "other" }] } as TranscriptEntry,
      ...history.slice(1),
    ];
    expect(projector("s", target("openai-chat"), changed, loadMedia)[0]).toMatchObject({
      content: [{ text: "other" }],
    });
    expect(projector("t", target("openai-chat"), history, loadMedia)[0]).not.toBe(first[0]);
    expect(projector("s", target("anthropic-messages"), history, loadMedia)).toEqual(
      project(target("anthropic-messages"), history, loadMedia),
    );
  });
});
