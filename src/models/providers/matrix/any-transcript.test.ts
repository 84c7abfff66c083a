import * as fc from "fast-check";
import { expect, it } from "vitest";
import { failureOf, providerHarness, wires } from "../../../../test/fakes/providers/harness.ts";
import { anyTranscript } from "../../../../test/fakes/providers/transcripts.ts";
import { project } from "../../projection.ts";

const start = providerHarness();

// The doubles refuse what the vendors refuse, on the bytes that go over the wire: this holds projection and adapter
// together to the rules.
it.each(wires)("$wire takes the prompt made from any transcript", { timeout: 60_000 }, async (entry) => {
  const { ask } = await start(entry, { script: [{ text: "ok" }] });
  const loadMedia = (digest: string) => (digest === "aa" ? new Uint8Array([1, 2, 3]) : null);
  await fc.assert(
    fc.asyncProperty(
      anyTranscript(),
      fc.constantFrom("off" as const, "low" as const),
      async (entries, thinking) => {
        const target = { wire: entry.wire, provider: "p1", model: "m1", images: true };
        const events = await ask({ messages: project(target, entries, loadMedia), thinking });
        const complaint = events.at(-1)?.type === "error" ? failureOf(events).message : null;
        expect(complaint).toBeNull();
      },
    ),
    { numRuns: 150 },
  );
});
