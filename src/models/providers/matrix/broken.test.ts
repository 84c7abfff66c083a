import { describe, expect, it } from "vitest";
import { failureOf, providerHarness, textOf, wires } from "../../../../test/fakes/providers/harness.ts";

const start = providerHarness();
const quick = { firstByteMs: 150, idleMs: 150 };

describe.each(wires)("$wire", (entry) => {
  it.each([
    ["html", /HTML page/],
    ["html_error", /HTML page/],
    ["truncated", /broke off|finish reason/],
    ["malformed", /not part of its protocol/],
    ["abort_midway", /./],
    ["reset", /./],
  ] as const)("takes %s as a broken connection", async (broken, words) => {
    const { ask } = await start(entry, { script: [{ broken }] });
    const failure = failureOf(await ask());
    expect(failure.kind).toBe("network");
    expect(failure.message).toMatch(words);
    expect(failure.message).not.toContain("<html");
  });

  it.each(["hang", "hang_midway"] as const)("gives up on %s after the time it was given", async (broken) => {
    const { ask } = await start(entry, { script: [{ broken }], timeouts: quick });
    const events = await ask();
    expect(failureOf(events)).toMatchObject({ kind: "network" });
    expect(failureOf(events).message).toContain("nothing arrived");
    if (broken === "hang_midway") expect(textOf(events)).not.toBe("");
  });

  it("does not follow a redirect with the key in hand", async () => {
    const { ask, fake } = await start(entry, { script: [{ broken: "redirect" }] });
    const failure = failureOf(await ask());
    expect(failure.kind).toBe("invalid_request");
    expect(failure.message).toContain("redirect");
    expect(fake.requests).toHaveLength(1);
  });

  it("names the address problem when nobody listens", async () => {
    const { ask, fake } = await start(entry);
    await fake.stop();
    const failure = failureOf(await ask());
    expect(failure.kind).toBe("network");
    expect(failure.message).toContain("ECONNREFUSED");
  });

  it("stops at once when told to, before and during the answer", async () => {
    const early = new AbortController();
    early.abort();
    const { ask, stream } = await start(entry, { script: [{ broken: "hang_midway" }] });
    expect(failureOf(await ask({}, early.signal)).kind).toBe("aborted");

    const midway = new AbortController();
    const seen = [];
    for await (const event of stream({}, midway.signal)) {
      seen.push(event);
      if (event.type === "text") midway.abort();
    }
    expect(failureOf(seen).kind).toBe("aborted");
  });

  it("closes the connection when the listener leaves", async () => {
    const { stream, fake } = await start(entry, { script: [{ broken: "hang_midway" }] });
    for await (const event of stream()) if (event.type === "text") break;
    await fake.stop(); // resolves only when no socket is left hanging
    expect(fake.requests).toHaveLength(1);
  });
});
