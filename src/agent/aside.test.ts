import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { textOf } from "../core/conversation.ts";
import {
  cause,
  fails,
  mainKey,
  openFixture,
  says,
  uses,
  type Fixture,
} from "../../test/support/agent-fixture.ts";
import { makeTool } from "../../test/support/agent-tools.ts";
import { heartbeatToken, worthTelling } from "./aside.ts";

let fixture: Fixture;
afterEach(() => fixture?.close());

const beat = {
  door: "heartbeat",
  mode: "followup",
  options: { aside: { ackMaxChars: 30, reasoning: false } },
} as const;
const context = () => fixture.storage.sessions.context(mainKey).map((entry) => textOf(entry.content));
const file = () => fixture.storage.sessions.tail(mainKey, 100, { asides: true });
const page = () =>
  fixture.storage.sessions.page(mainKey, { limit: 100 }).map(({ entry }) => textOf(entry.content));

describe("what of a heartbeat's answer is told", () => {
  it.each([
    ["", null],
    ["HEARTBEAT_OK", null],
    ["  **HEARTBEAT_OK**.\n", null],
    ["HEARTBEAT_OK — all quiet.", null],
    ["All quiet. HEARTBEAT_OK", null],
    ["All quiet.", "All quiet."],
    [
      "The disk is full, and backups have stopped. HEARTBEAT_OK",
      "The disk is full, and backups have stopped",
    ],
    ["I was asked for HEARTBEAT_OK today", "I was asked for HEARTBEAT_OK today"],
  ])("%j", (text, told) => expect(worthTelling(text, 30)).toBe(told));

  it("is never the token alone, and nothing else is lost without it", () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), fc.boolean(), (text, first, last) => {
        const whole = `${first ? `${heartbeatToken} ` : ""}${text}${last ? ` ${heartbeatToken}` : ""}`;
        const told = worthTelling(whole, 10);
        if (told === null) expect(text.trim().length <= 10 || text.includes(heartbeatToken)).toBe(true);
        else expect(whole).toContain(told);
        if (!whole.includes(heartbeatToken)) expect(told ?? "").toBe(text.trim());
      }),
    );
  });
});

describe("a run that nobody asked for", () => {
  it("leaves nothing in the conversation when there is nothing to tell", async () => {
    fixture = await openFixture();
    fixture.tools.push(makeTool("look", "read", () => Promise.resolve("nothing new")));
    fixture.model.script.push(says("Hello."), uses(["look", {}, "c1"]), says(heartbeatToken), says("Again."));
    await fixture.say("hi");
    const before = fixture.storage.sessions.get(mainKey);
    const { outcome } = await fixture.say("look around", beat);
    expect(outcome).toMatchObject({ status: "ok", reason: "silent", payloads: [] });
    expect(outcome.usage.total).toBe(240);
    expect(context()).toEqual(["hi", "Hello."]);
    expect(page()).toEqual(context());
    expect(fixture.storage.sessions.get(mainKey)).toMatchObject({
      lastPreview: before?.lastPreview,
      contextTokens: before?.contextTokens,
      updatedAt: before?.updatedAt,
    });
    await fixture.say("hi again");
    const asked = fixture.model.calls
      .at(-1)
      ?.entries.map((entry) => textOf(entry.content))
      .join("|");
    expect(asked).not.toContain("look around");
    // The file has it all.
    expect(
      file()
        .map(({ kind }) => kind ?? "said")
        .join(" "),
    ).toBe("said said aside aside aside aside said said");
  });

  it("says what is worth telling, without the work behind it", async () => {
    fixture = await openFixture();
    fixture.tools.push(makeTool("look", "read", () => Promise.resolve("disk full")));
    const news = "The disk of the server is full since noon.";
    fixture.model.script.push(uses(["look", {}, "c1"]), says(`${news} ${heartbeatToken}`), says("Yes."));
    const { outcome } = await fixture.say("look around", beat);
    const told = news.slice(0, -1);
    expect(outcome).toMatchObject({ reason: "answered", payloads: [{ text: told }] });
    await fixture.say("still?");
    expect(context()).toEqual([told, "still?", "Yes."]);
  });

  it("goes on after a crash with what it had found out", async () => {
    fixture = await openFixture();
    let ran = 0;
    fixture.tools.push(
      makeTool("deploy", "exec", (_text, tool) => {
        ran += 1;
        tool.update("began");
        return Promise.resolve("late");
      }),
    );
    fixture.model.script.push(uses(["deploy", {}, "c1"]));
    await fixture.accept("look around", beat);
    const controller = new AbortController();
    const died = fixture.run(await fixture.claim(), controller.signal, (event) => {
      if (event.type === "tool_update") controller.abort(cause("shutdown"));
    });
    await expect(died).rejects.toMatchObject({ code: "RUN_SUSPENDED" });
    await fixture.reopen();
    fixture.model.script.push(says("Check the deployment of this morning."));
    const { outcome } = await fixture.run(await fixture.claim());
    expect(outcome.payloads).toEqual([{ text: "Check the deployment of this morning.", mediaUrl: null }]);
    expect(ran).toBe(1);
    expect(JSON.stringify(fixture.model.calls.at(-1)?.entries)).toContain("outcome is unknown");
    expect(file().filter(({ role }) => role === "user")).toHaveLength(1);
    expect(context()).toEqual(["Check the deployment of this morning."]);
  });

  it("keeps a failure out of the conversation too", async () => {
    fixture = await openFixture();
    fixture.model.script.push(fails("auth"));
    expect((await fixture.say("look around", beat)).outcome).toMatchObject({ status: "error" });
    expect(page()).toEqual([]);
  });

  it("is not entered by who writes meanwhile: they get a run of their own", async () => {
    fixture = await openFixture();
    fixture.tools.push(
      makeTool("look", "read", async () => {
        await fixture.accept("what are you doing?", { mode: "steer" });
        return "quiet";
      }),
    );
    fixture.model.script.push(uses(["look", {}, "c1"]), says(heartbeatToken), says("Nothing."));
    expect((await fixture.say("look around", beat)).outcome.payloads).toEqual([]);
    await fixture.run(await fixture.claim());
    expect(context()).toEqual(["what are you doing?", "Nothing."]);
  });
});
