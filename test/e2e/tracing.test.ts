// One trace for each message, from its arrival to the receipt of its answer, taken by a real collector's double.
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startOtlpCollector, type OtlpCollector, type OtlpSpan } from "../fakes/otlp-collector.ts";
import { startFakeProvider, type FakeProvider } from "../fakes/providers/server.ts";
import {
  baseConfig,
  createHome,
  until,
  type E2eHome,
  type Gateway,
  fakeModels,
} from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";

const secret = "webhook-secret-0123456789";
const password = "collector-password-4711";
const scrapeToken = "7a".repeat(24);
/** Said by the user, by the model, by a tool: nothing of it may be in a trace. */
const private_ = ["the word is heliotrope", "heliotrope it is", "cat heliotrope", "u-private"];

let provider: FakeProvider;
let collector: OtlpCollector;
let replies: ReturnType<typeof createServer>;
let home: E2eHome;
let marks: string;

beforeEach(async () => {
  collector = await startOtlpCollector();
  provider = await startFakeProvider({ wire: "anthropic-messages" });
  let tries = 0;
  // The first try of every answer meets a platform that is busy.
  replies = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead((tries += 1) === 1 ? 503 : 200).end());
  }).listen(0, "127.0.0.1");
  await once(replies, "listening");
  home = createHome({
    config: {
      ...baseConfig,
      gateway: { ...baseConfig.gateway, metrics: { enabled: true, token: scrapeToken } },
      models: fakeModels(provider),
      agents: { defaults: { model: "fake/fake-model" } },
      tools: { exec: { security: "full", ask: "off" } },
      channels: {
        webhook: {
          accounts: {
            a: {
              secret,
              url: `http://127.0.0.1:${(replies.address() as AddressInfo).port}/`,
              dmPolicy: "open",
              allowFrom: ["*"],
            },
          },
        },
      },
      diagnostics: {
        otel: {
          enabled: true,
          endpoint: collector.endpoint,
          headers: { authorization: password },
          flushSeconds: 0,
        },
      },
    },
  });
  marks = join(home.dir, "marks");
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await provider.stop();
  await collector.stop();
  replies.close();
});

async function say(gateway: Gateway, text: string, messageId: string): Promise<void> {
  const body = JSON.stringify({
    id: messageId,
    sender: { id: "u-private" },
    chat: { id: "room", kind: "direct" },
    text,
  });
  const at = Math.floor(Date.now() / 1000);
  const v1 = createHmac("sha256", secret).update(`${at}.${body}`).digest("hex");
  const response = await fetch(`${gateway.http}/channels/webhook/a`, {
    method: "POST",
    body,
    headers: { "x-openclaw-signature": `t=${at},v1=${v1}` },
  });
  expect(response.status, await response.text()).toBeLessThan(300);
}

const named = (name: string) => collector.spans.filter((span) => span.name === name);

/** Every span has its parent in the same trace and lies within it; there is one root. */
function expectOneTree(spans: readonly OtlpSpan[]): void {
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  expect(byId.size).toBe(spans.length);
  expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined).map(({ name }) => name)).toEqual([
    "message",
  ]);
  for (const span of spans) {
    if (span.parentSpanId === undefined) continue;
    const parent = byId.get(span.parentSpanId);
    if (!parent) throw new Error(`${span.name} has no parent`);
    expect(span.start, `${span.name} in ${parent.name}`).toBeGreaterThanOrEqual(parent.start);
    expect(span.end, `${span.name} in ${parent.name}`).toBeLessThanOrEqual(parent.end);
  }
}

const tree = (spans: readonly OtlpSpan[]) =>
  spans
    .map(({ name, parentSpanId }) => {
      const parent = spans.find(({ spanId }) => spanId === parentSpanId);
      return parent ? `${parent.name} > ${name}` : name;
    })
    .sort();

test("a message is one trace whose spans nest, and tells nothing of what was said", async () => {
  provider.setScript((request) =>
    request.number === 1
      ? { toolCalls: [{ id: "toolu_01", name: "exec", input: { command: "cat heliotrope" } }] }
      : { text: "heliotrope it is" },
  );
  const gateway = await home.gateway();
  await say(gateway, "the word is heliotrope", "m1");
  await until(() => named("message").length > 0, { what: "the trace to be complete", or: gateway });
  expect(collector.complaints).toEqual([]);
  expectOneTree(collector.spans);
  expect(tree(collector.spans)).toEqual([
    "delivery > send",
    "delivery > send",
    "message",
    "message > access",
    "message > delivery",
    "message > inbox commit",
    "message > lane wait",
    "message > run",
    "run > model call",
    "run > model call",
    "run > tool",
  ]);
  const [model] = named("model call");
  expect(model?.attributes).toMatchObject({
    "gen_ai.provider.name": "fake",
    "gen_ai.request.model": "fake-model",
  });
  expect(Number(model?.attributes["gen_ai.usage.output_tokens"])).toBeGreaterThan(0);
  // A stranger is not offered that tool: the call never began, and the trace says so.
  expect(named("tool")[0]).toMatchObject({ attributes: { "gen_ai.tool.name": "exec" }, error: "tool_error" });
  expect(named("send").map(({ error }) => error)).toEqual(["retry", null]);
  expect(named("delivery")[0]).toMatchObject({
    error: null,
    attributes: { "openclaw.delivery.state": "sent", "openclaw.delivery.attempts": 2 },
  });
  expect(named("message")[0]?.attributes).toMatchObject({
    "openclaw.channel": "webhook",
    "openclaw.outcome": "answered",
  });
  for (const text of [...private_, password, "sk-ant-fake"])
    expect(collector.bodies.join("\n")).not.toContain(text);
  expect(collector.headers[0]).toMatchObject({ authorization: password });
  expect(JSON.stringify(home.log())).not.toContain(password);
  expect((await gateway.stop()).status).toBe(0);
}, 30_000);

test("a message whose process died goes on in the same trace", async () => {
  provider.setScript((request) =>
    request.number === 1
      ? {
          toolCalls: [
            { id: "toolu_01", name: "exec", input: { command: `echo once >> ${marks}; sleep 30` } },
          ],
        }
      : { text: "heliotrope it is" },
  );
  const first = await home.gateway();
  const client = await signIn(first);
  await client.ask("chat.send", { sessionKey: "main", message: "do it", idempotencyKey: "k1" });
  await until(() => existsSync(marks) && named("model call").length > 0, { what: "the tool", or: first });
  first.signal("SIGKILL");
  await first.ended;
  const before = collector.spans.length;
  const second = await home.gateway({ port: first.port });
  await until(() => named("message").length > 0, { what: "the trace to be complete", or: second });
  expect(before).toBeGreaterThan(0);
  expect(collector.spans.length).toBeGreaterThan(before);
  expectOneTree(collector.spans);
  expect(tree(collector.spans)).toEqual([
    "message",
    "message > access",
    "message > inbox commit",
    "message > lane wait",
    "message > run",
    "run > model call",
    "run > model call",
    "run > tool",
  ]);
  expect(named("run")[0]).toMatchObject({ events: ["resumed"], attributes: { "openclaw.run.attempt": 2 } });
  expect(named("tool")[0]?.error).toBe("tool_error");
}, 30_000);

test("without a collector messages are answered all the same, and the metrics tell of it", async () => {
  await collector.stop();
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  await client.ask("chat.send", { sessionKey: "main", message: "do it", idempotencyKey: "k1" });
  expect(await client.ask("agent.wait", { runId: "k1", timeoutMs: 8000 })).toMatchObject({ status: "ok" });
  await until(() => home.log().some((line) => String(line["1"]).startsWith("traces cannot be exported")), {
    or: gateway,
  });
  const metrics = await fetch(`${gateway.http}/metrics`, {
    headers: { authorization: `Bearer ${scrapeToken}` },
  });
  const text = await metrics.text();
  expect(text).toContain("openclaw_trace_spans_exported_total 0\n");
  expect(Number(/^openclaw_trace_queue_spans (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(3);
  expect((await gateway.stop()).status).toBe(0);
}, 30_000);
