import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestMachine, type TestMachine } from "../../test/support/service-host.ts";
import { systemClock } from "../core/clock.ts";
import { drainWithin, readStopBudget } from "./stop-budget.ts";

let machine: TestMachine;
beforeEach(() => (machine = createTestMachine("linux")));
afterEach(() => machine.remove());

const user = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/openclaw-gateway.service\n";
const env = { OPENCLAW_SERVICE_KIND: "gateway", INVOCATION_ID: "abc" };

function ask(answers: Record<string, string>, cgroup: string, given: object = env) {
  const cases = Object.entries(answers).map(([args, text]) => `"${args}") echo "${text}";;`);
  const program = join(machine.home, "systemctl");
  writeFileSync(program, `#!/bin/sh\ncase "$*" in ${cases.join(" ")} *) exit 1;; esac\n`);
  chmodSync(program, 0o755);
  return readStopBudget({ env: { ...given }, clock: systemClock, folders: [machine.home], cgroup });
}
const show = (scope: string) => `${scope}show openclaw-gateway.service --property=TimeoutStopUSec --value`;

it("is what the unit says, of the manager that runs it", async () => {
  expect(await ask({ [show("--user ")]: "1min 30s" }, user)).toBe(90_000);
  const system = "1:name=systemd:/system.slice/openclaw-gateway.service\n0::/\n";
  expect(await ask({ [show("")]: "500ms" }, system)).toBe(500);
});

it("is unknown without a limit, an answer, a unit, or a service", async () => {
  expect(await ask({ [show("--user ")]: "infinity" }, user)).toBeNull();
  expect(await ask({}, user)).toBeNull();
  expect(await ask({ [show("--user ")]: "30s" }, "0::/user.slice/user-0.slice/session-1.scope\n")).toBeNull();
  expect(await ask({ [show("--user ")]: "30s" }, user, {})).toBeNull();
});

it("a drain leaves room for closing", () => {
  expect([null, 90_000, 15_000, 12_000, 4000, 0].map((budget) => drainWithin(10_000, budget))).toEqual([
    10_000, 10_000, 10_000, 7000, 2000, 0,
  ]);
});
