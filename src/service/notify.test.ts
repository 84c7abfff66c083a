import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { manualClock } from "../../test/support/manual-clock.ts";
import { createTestMachine, type TestMachine } from "../../test/support/service-host.ts";
import { createServiceNotifier } from "./notify.ts";

let machine: TestMachine;
let told: string;
beforeEach(() => {
  machine = createTestMachine("linux");
  told = join(machine.home, "told");
  const program = join(machine.home, "systemd-notify");
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${told}\n`);
  chmodSync(program, 0o755);
});
afterEach(() => machine.remove());

const lines = () => (existsSync(told) ? readFileSync(told, "utf8").trim().split("\n") : []);
const env = { NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "6000000", WATCHDOG_PID: "42" };
const notifier = (change: object, clock = manualClock()) => ({
  clock,
  it: createServiceNotifier({ env, clock, pid: 42, folders: [machine.home], ...change }),
});

it("tells readiness, the watchdog three times per interval, and the end", async () => {
  const { it: service, clock } = notifier({});
  await service.ready("listening");
  for (let i = 1; i <= 3; i++) {
    clock.advance(2000);
    await expect.poll(() => lines().length).toBe(1 + i);
  }
  service.close();
  clock.advance(60_000);
  await service.stopping();
  expect(lines()).toEqual([
    "/run/notify --ready --status=listening",
    "/run/notify WATCHDOG=1",
    "/run/notify WATCHDOG=1",
    "/run/notify WATCHDOG=1",
    "/run/notify STOPPING=1 --status=stopping",
  ]);
});

it("is silent where nobody listens, and feeds no other process's watchdog", async () => {
  const { it: alone } = notifier({ env: {} });
  await alone.ready("x");
  await alone.stopping();
  expect(lines()).toEqual([]);
  const { it: other, clock } = notifier({ pid: 43 });
  await other.ready("x");
  clock.advance(60_000);
  await other.stopping();
  expect(lines()).toHaveLength(2);
});
