import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { installFakeManager, type FakeManager } from "../../test/fakes/service-managers.ts";
import { createTestMachine, type TestMachine } from "../../test/support/service-host.ts";
import { installNode } from "./commands/node/install.ts";
import { controlNode } from "./commands/node/control.ts";
import { openContext } from "./context.ts";
import type { CommandContext } from "./contract.ts";
import { openStatusFile } from "./node-status-file.ts";
import { findNodeService, nodeMismatch, renewNode } from "./node-upkeep.ts";
import { createOutput } from "./output.ts";
import { nodePlatform } from "./platform-node.ts";

// A Mac that is a temporary folder, with a stand-in for launchctl; what the node would say, the test writes.
let machine: TestMachine;
let launchctl: FakeManager;
let context: CommandContext;
let close: () => void;

beforeEach(async () => {
  machine = createTestMachine("darwin");
  launchctl = installFakeManager(machine.bin, "launchctl");
  const quiet = { write: () => undefined };
  ({ context, close } = await openContext({
    globals: { profile: "default", dev: false, color: false, verbose: false },
    env: { HOME: machine.home },
    out: createOutput({ stdout: quiet, stderr: quiet, color: false }),
    signal: new AbortController().signal,
    stdin: () => process.stdin,
    platform: nodePlatform(),
  }));
});
afterEach(() => {
  close();
  machine.remove();
});

const host = () => ({ ...machine.host, env: context.env });
const says = (version: string | undefined, pid: number) =>
  openStatusFile(machine.stateDir).write({
    pid,
    state: "connected",
    url: "wss://gateway.example.net",
    ...(version === undefined ? {} : { version }),
    at: Date.now(),
    detail: null,
  });
async function installed(version: string | undefined): Promise<string> {
  await installNode(context, { url: "wss://gateway.example.net" }, host());
  says(version, process.pid);
  return (await findNodeService(context, host()))?.script ?? "";
}
const restarts = () =>
  launchctl.read().log.filter((line) => JSON.stringify(line).includes("kickstart")).length;
const renew = (launcher: string, waitMs = 10_000) =>
  renewNode(context, { launcher, version: "2026.12.1", waitMs, host: host() });

it("restarts the node of the versions that were switched, and waits until it is the new one", async () => {
  const launcher = await installed("2026.11.1");
  const before = restarts();
  const renewed = renew(launcher);
  await vi.waitFor(() => expect(restarts()).toBe(before + 1));
  says("2026.12.1", process.ppid);
  expect(await renewed).toEqual({
    name: "ai.openclaw.gateway.node",
    result: "restarted",
    version: "2026.12.1",
    problem: null,
  });
  // It runs that by now: nothing to do.
  expect(await renew(launcher)).toBeNull();
});

it("says so when the node does not come back as the new version", async () => {
  const launcher = await installed(undefined);
  expect(await renew(launcher, 300)).toMatchObject({
    result: "failed",
    version: null,
    problem: expect.stringContaining("openclaw node status") as string,
  });
});

it("leaves alone what runs from elsewhere, what somebody stopped, and a machine without one", async () => {
  expect(await renew("/anywhere/bin/openclaw.js")).toBeNull();
  const launcher = await installed("2026.11.1");
  const before = restarts();
  expect(await renew("/another/bin/openclaw.js")).toBeNull();
  await controlNode(context, { action: "stop", options: {}, host: host() });
  expect(await renew(launcher)).toBeNull();
  expect(restarts()).toBe(before);
});

it("names a node that runs another version than is installed", () => {
  const live = { pid: 1, state: "connected" as const, url: "", at: 0, detail: null };
  expect(nodeMismatch(null, "2")).toBeNull();
  expect(nodeMismatch({ ...live, version: "2" }, "2")).toBeNull();
  expect(nodeMismatch({ ...live, version: "1" }, "2")).toMatch(
    /runs openclaw 1; 2 is installed: openclaw node restart/,
  );
  expect(nodeMismatch(live, "2")).toMatch(/an older version/);
});
