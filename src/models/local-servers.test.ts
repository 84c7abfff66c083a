import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { startFakeProvider } from "../../test/fakes/providers/server.ts";
import { systemClock } from "../core/clock.ts";
import { createLocalServers } from "./local-servers.ts";

const stops: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
/** A port on which nobody listens. */
const nobody = "http://127.0.0.1:9/v1";
const silent = { ollama: nobody, lmstudio: nobody, llamacpp: nobody, vllm: nobody };

async function serve(answer: (response: import("node:http").ServerResponse) => void): Promise<string> {
  const server: Server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

it("finds a server that lists models, chat models first, and asks it without a key", async () => {
  const fake = await startFakeProvider({ wire: "openai-chat", models: ["nomic-embed-text", "qwen3:8b"] });
  stops.push(() => fake.stop());
  const local = createLocalServers({
    fetch,
    clock: systemClock,
    baseUrls: { ...silent, ollama: fake.baseUrl },
  });
  expect(local.known()).toEqual([]);
  const [server, ...others] = await local.look();
  expect(others).toEqual([]);
  expect(server?.models.map((model) => model.ref)).toEqual(["ollama/qwen3:8b", "ollama/nomic-embed-text"]);
  expect(local.known()).toHaveLength(1);
  expect(fake.requests[0]?.headers["authorization"]).toBeUndefined();
});

it("asks once for two who look, and not again soon", async () => {
  const fake = await startFakeProvider({ wire: "openai-chat" });
  stops.push(() => fake.stop());
  const local = createLocalServers({
    fetch,
    clock: systemClock,
    baseUrls: { ...silent, vllm: fake.baseUrl },
  });
  await Promise.all([local.look(), local.look()]);
  await local.look();
  expect(fake.requests).toHaveLength(1);
});

it.each<[string, (response: import("node:http").ServerResponse) => void]>([
  ["a web page", (response) => response.end("<html></html>")],
  ["other JSON", (response) => response.end('{"data":[{"name":1},null]}')],
  ["an endless list", (response) => response.end(`{"data":[${'{"id":"x"},'.repeat(60_000)}{"id":"x"}]}`)],
  ["a redirect", (response) => response.writeHead(302, { location: "/elsewhere" }).end()],
])("is not taken in by %s", async (_what, answer) => {
  const baseUrl = await serve(answer);
  const local = createLocalServers({ fetch, clock: systemClock, baseUrls: { ...silent, llamacpp: baseUrl } });
  expect(await local.look()).toEqual([]);
});

it("waits for a server that says nothing no longer than it promised", async () => {
  const baseUrl = await serve(() => {});
  const local = createLocalServers({ fetch, clock: systemClock, baseUrls: { ...silent, lmstudio: baseUrl } });
  const started = performance.now();
  expect(await local.look()).toEqual([]);
  expect(performance.now() - started).toBeLessThan(2_000);
});
