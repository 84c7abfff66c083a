import { expect, it } from "vitest";
import type { CallContext, Method } from "../contract.ts";
import type { NodeInvocation } from "../nodes/registry.ts";
import { createBrowserMethods, type BrowserMethodDeps, type BrowserRequest } from "./browser.ts";

const context = {
  principal: { kind: "operator" },
  connection: { deviceId: null },
  signal: new AbortController().signal,
} as unknown as CallContext;

function nodesOf(...platforms: string[]) {
  const invoked: NodeInvocation[] = [];
  const live = platforms.map((platform, index) => ({
    nodeId: `n${index}`,
    platform,
    commands: ["system.run", "browser.proxy"],
  }));
  const nodes = {
    nodes: {
      live: () => live,
      get: (id: string) => live.find((node) => node.nodeId === id),
      invoke(call: NodeInvocation) {
        invoked.push(call);
        return Promise.resolve({ ok: true, payload: { from: call.nodeId } });
      },
    },
    devices: { get: (id: string) => live.find((node) => node.nodeId === id) },
    settings: () => ({ nodes: { allowCommands: [], denyCommands: [] } }),
    approvals: null,
  } as unknown as BrowserMethodDeps["nodes"];
  return { nodes, invoked };
}
const ask = async ([method]: Method[], params: object) =>
  await method?.handler(method.params.parse(params), context);

it("asks the browser here, and no node then", async () => {
  const { nodes, invoked } = nodesOf("linux");
  const asked: BrowserRequest[] = [];
  const local = (request: BrowserRequest) => Promise.resolve(asked.push(request));
  const methods = createBrowserMethods({ local, nodes });
  expect(methods[0]).toMatchObject({ name: "browser.request", authority: "admin" });
  await ask(methods, {
    method: "GET",
    path: "/tabs",
    query: { a: 1 },
    timeoutMs: 999_999,
    extra: "kept out",
  });
  expect(asked).toMatchObject([{ method: "GET", path: "/tabs", query: { a: 1 }, timeoutMs: 120_000 }]);
  expect(asked[0]).not.toHaveProperty("extra");
  expect(invoked).toEqual([]);
  await expect(ask(methods, { method: "PATCH", path: "/" })).rejects.toThrow();
});

it("asks the one node with a browser where there is none here, and says so when there is no such one", async () => {
  const one = nodesOf("linux", "ios");
  const answer = await ask(createBrowserMethods({ local: null, nodes: one.nodes }), {
    method: "GET",
    path: "/",
  });
  expect(answer).toEqual({ from: "n0" });
  expect(one.invoked).toMatchObject([{ command: "browser.proxy", params: { method: "GET", path: "/" } }]);
  const none = createBrowserMethods({ local: null, nodes: nodesOf("ios").nodes });
  await expect(ask(none, { method: "GET", path: "/" })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    hint: "openclaw config set browser.enabled true",
  });
  const two = createBrowserMethods({ local: null, nodes: nodesOf("linux", "darwin").nodes });
  await expect(ask(two, { method: "GET", path: "/" })).rejects.toThrow(/2 nodes have a browser/);
});
