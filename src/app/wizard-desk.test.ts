import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestServices } from "../../test/support/gateway-services.ts";
import { channelCatalog } from "../channels/catalog.ts";
import { systemClock } from "../core/clock.ts";
import type { WizardDesk, WizardProgress } from "../gateway/contract.ts";
import { createWizardMethods } from "../gateway/methods/wizard.ts";
import { createWizardDesk } from "./wizard-desk.ts";

let harness: Awaited<ReturnType<typeof createTestServices>>;
let wizard: WizardDesk;
beforeEach(async () => {
  harness = await createTestServices({ config: "{ models: { detectLocal: false } /* mine */ }\n" });
  const { paths, config } = harness.services;
  wizard = createWizardDesk({ paths, env: {}, store: config, clock: systemClock });
});
afterEach(() => harness.close());

const file = () => readFileSync(harness.services.paths.configPath, "utf8");

async function walk(
  sessionId: string,
  first: WizardProgress,
  given: Record<string, string | boolean | string[]>,
) {
  const asked: string[] = [];
  let at = first;
  while (at.step) {
    const { id } = at.step;
    asked.push(id);
    expect(asked.length, asked.join()).toBeLessThan(40);
    at = await wizard.next({ sessionId, answer: { stepId: id, value: given[id] } });
    expect(at.error, id).toBeUndefined();
  }
  return { asked, at };
}

test("walks to the end, writes once with the person's text kept, and is over", async () => {
  const { sessionId, ...first } = await wizard.start({});
  expect(first).toMatchObject({
    done: false,
    status: "running",
    step: { id: "welcome", type: "note", executor: "gateway" },
  });
  const before = file();
  const answers = { risk: true, flow: "advanced", model: "builtin", port: "19444" };
  const { asked, at } = await walk(sessionId, first, answers);
  expect(asked).toContain("bind");
  expect(asked).not.toContain("service");
  expect(at).toEqual({ done: true, status: "done" });
  expect(before).toContain("mine");
  expect(file()).toContain("/* mine */");
  expect(harness.services.config.read().config.gateway).toMatchObject({ mode: "local", port: 19444 });
  expect(wizard.status(sessionId)).toEqual({ status: "done" });
});

test("a bad answer stays at its step; back; an earlier step can be answered again; a wrong step is refused", async () => {
  const { sessionId } = await wizard.start({});
  const next = (stepId: string, value?: string | boolean) =>
    wizard.next({ sessionId, answer: { stepId, value } });
  await next("welcome");
  expect(await next("risk", false)).toMatchObject({
    step: { id: "risk" },
    error: expect.any(String) as string,
  });
  expect(await next("risk", true)).toMatchObject({ step: { id: "flow", canGoBack: true } });
  expect(await wizard.next({ sessionId, back: true })).toMatchObject({
    step: { id: "risk", initialValue: true },
  });
  await next("risk", true);
  await next("flow", "quickstart");
  await next("model", "key");
  await next("model.provider", "anthropic");
  expect(await next("model.key", "a b")).toMatchObject({
    error: expect.stringContaining("one word") as string,
  });
  expect(await next("model", "builtin")).toMatchObject({ step: { id: "channels" } });
  await expect(next("port", "1")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  expect(existsSync(`${harness.services.paths.stateDir}/workspace`)).toBe(false);
});

test("one at a time: a new one ends the one before; a cancelled one writes nothing", async () => {
  const before = file();
  const first = await wizard.start({});
  const second = await wizard.start({});
  expect(() => wizard.status(first.sessionId)).toThrow(/no such wizard/);
  expect(wizard.cancel(second.sessionId)).toEqual({ status: "cancelled" });
  expect(await wizard.next({ sessionId: second.sessionId, answer: { stepId: "welcome" } })).toEqual({
    done: true,
    status: "cancelled",
  });
  expect(file()).toBe(before);
});

test("the methods are for admins, and take what the protocol says", () => {
  const methods = createWizardMethods(harness.services);
  expect(methods.map(({ name, authority }) => [name, authority])).toEqual(
    ["start", "next", "cancel", "status"].map((name) => [`wizard.${name}`, "admin"]),
  );
  const accepts = (name: string, params: object) =>
    methods.find((each) => each.name === name)?.params.safeParse(params).success;
  expect(accepts("wizard.start", { mode: "local", workspace: "~/a" })).toBe(true);
  expect(accepts("wizard.start", { mode: "cloud" })).toBe(false);
  expect(accepts("wizard.next", { sessionId: "a", answer: { stepId: "risk", value: true } })).toBe(true);
  expect(accepts("wizard.next", { sessionId: "a", answer: { value: true } })).toBe(false);
  expect(accepts("wizard.next", { answer: { stepId: "risk" } })).toBe(false);
});

test("asks in Japanese from the first text to the last: questions, choices, what is wrong, what will be done", async () => {
  const japanese = /[\u3040-\u30ff\u4e00-\u9fff]/;
  const { sessionId, ...first } = await wizard.start({ language: "ja" });
  const wrong: Record<string, string | boolean> = {
    risk: false,
    port: "x",
    password: "short",
    workspace: "relative",
    "channel.telegram.botToken": "no token",
    "channel.discord.token": "no token",
    "channel.slack.botToken": "no token",
    "channel.slack.appToken": "no token",
    "channel.slack.signingSecret": "not hexadecimal",
    "channel.signal.number": "no number",
    "channel.signal.httpUrl": "no address",
    "channel.webhook.secret": "short",
    "channel.webhook.url": "no address",
    review: false,
  };
  const right: Record<string, string | boolean | string[]> = {
    risk: true,
    flow: "advanced",
    model: "builtin",
    auth: "password",
    password: "long enough, this",
    channels: channelCatalog.map(({ id }) => id),
    "channel.telegram.botToken": "123456789:AAEfghijklmnop",
    "channel.discord.token": "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDe.abcdefghijklmnopqrstuvwxyz0123456789ab",
    "channel.slack.botToken": "xoxb-1-abc",
    "channel.slack.appToken": "",
    "channel.slack.signingSecret": "0123456789abcdef",
    "channel.signal.number": "+819012345678",
    "channel.signal.httpUrl": "http://127.0.0.1:1",
    "channel.webhook.secret": "0123456789abcdef",
    "channel.webhook.url": "https://a.example",
  };
  let at: WizardProgress = first;
  let refusals = 0;
  while (at.step) {
    const { id, title, message, options = [] } = at.step;
    for (const text of [
      title,
      message,
      ...options.flatMap(({ label, hint = "" }) => (label === "tailnet" ? [] : [label + hint])),
    ])
      if (id !== "model.provider" && !(id === "channels" && text.length < 10))
        expect(text, id).toMatch(japanese);
    const bad = wrong[id];
    if (bad !== undefined) {
      at = await wizard.next({ sessionId, answer: { stepId: id, value: bad } });
      expect(at.error, id).toMatch(japanese);
      // No channel's own English is left in it.
      expect(at.error, id).not.toMatch(/この値は使えません/);
      refusals++;
    }
    at = await wizard.next({ sessionId, answer: { stepId: id, value: right[id] } });
    expect(at.error, id).toBeUndefined();
    if (id === "review") break;
  }
  expect(refusals).toBe(Object.keys(wrong).length);
  expect(at.status).toBe("done");
});

test("goes on in another language when the page does", async () => {
  const { sessionId } = await wizard.start({});
  await wizard.next({ sessionId, answer: { stepId: "welcome" } });
  expect(await wizard.next({ sessionId, language: "ja" })).toMatchObject({
    step: { id: "risk", title: "エージェントは行動します" },
  });
  expect(
    await wizard.next({ sessionId, answer: { stepId: "risk", value: false }, language: "en" }),
  ).toMatchObject({
    step: { id: "risk", title: "An agent acts" },
    error: expect.stringContaining("--accept-risk") as string,
  });
});
