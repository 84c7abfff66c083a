import { describe, expect, it } from "vitest";
import {
  apiKey,
  failureOf,
  providerHarness,
  textOf,
  wires,
} from "../../../../test/fakes/providers/harness.ts";
import type { FakeError } from "../../../../test/fakes/providers/server.ts";
import type { ModelFailureKind } from "../../contract.ts";

const start = providerHarness();

const expected: Record<FakeError, ModelFailureKind> = {
  auth: "auth",
  rate_limit: "rate_limit",
  overloaded: "overloaded",
  billing: "billing",
  context_overflow: "context_overflow",
  content_filter: "content_filter",
  server_error: "unknown",
  bad_request: "invalid_request",
  model_not_found: "invalid_request",
};

describe.each(wires)("$wire", (entry) => {
  it.each(Object.entries(expected))("tells %s apart", async (error, kind) => {
    const { ask } = await start(entry, { script: [{ error: error as FakeError }] });
    const failure = failureOf(await ask());
    expect(failure.kind).toBe(kind);
    expect(failure.message).toContain(`p/${entry.model}`);
    expect(failure.message.length).toBeLessThan(800);
  });

  it("reads how long to wait", async () => {
    const { ask } = await start(entry, { script: [{ error: "rate_limit", retryAfterSeconds: 17 }] });
    expect(failureOf(await ask())).toMatchObject({ kind: "rate_limit", status: 429, retryAfterMs: 17_000 });
  });

  it.each(["overloaded", "rate_limit", "context_overflow"] as const)(
    "tells %s inside a stream",
    async (error) => {
      const { ask } = await start(entry, {
        script: [{ streamError: error, after: { text: "the first half of it", pieces: 8 } }],
      });
      const events = await ask();
      expect(textOf(events)).not.toBe("");
      expect(failureOf(events).kind).toBe(expected[error]);
    },
  );

  it("reports an answer that safety rules stopped as that", async () => {
    const { ask } = await start(entry, { script: [{ text: "well", stop: "content_filter" }] });
    expect(failureOf(await ask()).kind).toBe("content_filter");
  });

  it("refuses a wrong key with the command that mends it", async () => {
    const { ask } = await start(entry, { keys: ["another"] });
    const failure = failureOf(await ask());
    expect(failure).toMatchObject({ kind: "auth", hint: "openclaw models auth add --provider p" });
  });

  it("never lets the key, or an address with one, into a message", async () => {
    const body = JSON.stringify({
      error: { message: `bad ${apiKey} at https://x.example/v1?key=${apiKey}&a=1` },
    });
    const { ask } = await start(entry, {
      script: [{ status: 400, headers: { "content-type": "application/json" }, body }],
    });
    const failure = failureOf(await ask());
    expect(failure.message).toContain("bad [secret]");
    expect(failure.message).not.toContain(apiKey);
    expect(failure.message).not.toContain("key=");
  });

  it("bounds what a provider says", async () => {
    const { ask } = await start(entry, {
      script: [{ status: 500, body: `\u001b[31m${"x".repeat(2_000_000)}` }],
    });
    const failure = failureOf(await ask());
    expect(failure.message.length).toBeLessThan(800);
    expect(failure.message).not.toContain("\u001b");
  });
});
