import { afterEach, expect, it } from "vitest";
import { cause, openFixture, says, uses, type Fixture } from "../../test/support/agent-fixture.ts";
import { makeTool } from "../../test/support/agent-tools.ts";
import { textOf } from "../core/conversation.ts";
import type { MediaReader } from "./index.ts";

let fixture: Fixture;
afterEach(() => fixture.close());

const voice = { digest: "d".repeat(64), mimeType: "audio/ogg", bytes: 5 };
const asked: number[] = [];
const reader: MediaReader = (files) => {
  asked.push(files.length);
  return Promise.resolve({
    media: [],
    text: "what was said",
    notes: [{ rule: "media.transcribed", detail: "audio/ogg: 13 characters" }],
  });
};
const heard = () =>
  fixture.transcript().flatMap(({ role, content }) => (role === "user" ? [textOf(content)] : []));

it("what files say is part of the message, and why names what became of them", async () => {
  fixture = await openFixture({ media: reader });
  fixture.model.script.push(says("Heard."));
  await fixture.say("listen:", { media: [voice] });
  expect(heard()).toEqual(["listen:\nwhat was said"]);
  expect(fixture.storage.ledger.why("test:run-1").trace).toContainEqual(
    expect.objectContaining({
      stage: "media",
      rule: "media.transcribed",
      detail: "audio/ogg: 13 characters",
    }),
  );
});

it("files are not read a second time by the process that resumes the run", async () => {
  asked.length = 0;
  fixture = await openFixture({ media: reader });
  await fixture.accept("", { media: [voice] });
  const stop = new AbortController();
  fixture.model.script.push(async function* (_call, signal) {
    yield { type: "text", delta: "I " };
    stop.abort(cause("shutdown"));
    signal.throwIfAborted();
  });
  await expect(fixture.run(await fixture.claim(), stop.signal)).rejects.toMatchObject({
    code: "RUN_SUSPENDED",
  });
  await fixture.reopen();
  fixture.model.script.push(says("Heard."));
  expect((await fixture.run(await fixture.claim())).outcome).toMatchObject({ status: "ok" });
  expect(heard()).toEqual(["what was said"]);
  expect(asked).toEqual([1]);
});

it("what is said while the run works is heard too", async () => {
  fixture = await openFixture({ media: reader });
  fixture.tools.push(
    makeTool("look", "read", async () => {
      await fixture.accept("", { media: [voice], mode: "steer" });
      return "seen";
    }),
  );
  fixture.model.script.push(uses(["look", {}]), says("Both."));
  await fixture.say("first", { mode: "steer" });
  expect(heard()).toEqual(["first", "what was said"]);
});

it("a run that is stopped meanwhile ends as stopped, and its message is kept", async () => {
  const stop = new AbortController();
  const media: MediaReader = (_files, signal) => {
    stop.abort(cause("aborted"));
    signal.throwIfAborted();
    return Promise.reject(new Error("not reached"));
  };
  fixture = await openFixture({ media });
  await fixture.accept("listen", { media: [voice] });
  const { outcome } = await fixture.run(await fixture.claim(), stop.signal);
  expect(outcome).toMatchObject({ status: "aborted", reason: "aborted" });
  expect(heard()[0]).toContain("listen");
});
