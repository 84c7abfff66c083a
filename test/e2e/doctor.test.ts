// Doctor and security audit as processes, beside a real gateway, after a killed one, and without one.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { evidence } from "../support/evidence.ts";
import { baseConfig, createHome, type E2eHome } from "../support/e2e-home.ts";

const homes: E2eHome[] = [];
const newHome = () => {
  const home = createHome({ config: baseConfig });
  homes.push(home);
  return home;
};
afterEach(async () => {
  for (const home of homes.splice(0)) await home[Symbol.asyncDispose]();
});

interface Report {
  ok: boolean;
  findings: Array<{ id: string; evidence: string }>;
}
const idsOf = (stdout: string) => (JSON.parse(stdout) as Report).findings.map(({ id }) => id);

test("the doctor and a running gateway: it answers, keeps its files, and what it writes is not touched", async () => {
  const home = newHome();
  const gateway = await home.gateway();
  const report = await home.cli(["doctor", "--deep", "--json"]);
  expect(report.status).toBe(0);
  expect(idsOf(report.stdout)).not.toContain("gateway-health");
  const audit = await home.cli(["security", "audit", "--deep", "--json"]);
  expect(idsOf(audit.stdout)).not.toContain("running-open");
  gateway.signal("SIGSTOP");
  const hung = await home.cli(["doctor", "--json"]);
  expect(hung.status).toBe(1);
  expect(idsOf(hung.stdout)).toContain("gateway-health");
  gateway.signal("SIGCONT");
  expect((await gateway.stop()).status).toBe(0);
});

test("after kill -9 the doctor clears what was left, and the gateway starts", async () => {
  const home = newHome();
  const killed = await home.gateway();
  killed.signal("SIGKILL");
  await killed.ended;
  const lock = join(home.stateDir, `gateway.${killed.pid}.lock`);
  expect(existsSync(lock)).toBe(true);
  const { status, stdout } = await home.cli(["doctor", "--non-interactive"]);
  expect(status).toBe(0);
  expect(stdout).toContain("✓ leftovers removed");
  expect(existsSync(lock)).toBe(false);
  await (await home.gateway()).stop();
});

test("plan, apply and undo with a gateway reloading what they change", async () => {
  const home = newHome();
  home.configure({ ...baseConfig, messages: { queue: { mode: "queue" } } });
  const before = readFileSync(home.configPath, "utf8");
  expect((await home.cli(["doctor", "apply"])).stdout).toContain("✓ config migrated");
  expect(readFileSync(home.configPath, "utf8")).toContain("followup");
  const gateway = await home.gateway();
  expect((await home.cli(["doctor", "undo"])).status).toBe(0);
  expect(readFileSync(home.configPath, "utf8")).toBe(before);
  expect((await gateway.stop()).status).toBe(0);
});

test("both are quick and small", async () => {
  const home = newHome();
  await home.cli(["setup"]);
  const preload = join(home.dir, "rss.mjs");
  writeFileSync(
    preload,
    'process.on("exit", () => process.stderr.write(`rss=${process.resourceUsage().maxRSS}`));\n',
  );
  for (const [argv, ms] of [
    [["doctor", "--non-interactive"], 1000],
    [["security", "audit"], 500],
  ] as const) {
    const runs = [];
    for (let run = 0; run < 3; run++)
      runs.push(await home.cli([...argv], { env: { NODE_OPTIONS: `--import=${preload}` } }));
    const rss = Math.min(...runs.map(({ stderr }) => Number(/rss=(\d+)/.exec(stderr)?.[1])));
    evidence("timings", {
      command: argv.join(" "),
      ms: Math.round(Math.min(...runs.map((run) => run.ms))),
      "limit, ms": ms,
      "memory, MB": Math.round(rss / 1024),
      "limit, MB": 120,
    });
    expect(Math.min(...runs.map((run) => run.ms))).toBeLessThan(ms);
    expect(rss).toBeLessThan(120 * 1024);
  }
});
