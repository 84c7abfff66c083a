// Every surface that tells how the gateway is reads one registry: they must say the same at the same time.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startOtlpCollector } from "../fakes/otlp-collector.ts";
import { evidence } from "../support/evidence.ts";
import { baseConfig, createHome, e2eToken, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";

const scrapeToken = "7a".repeat(24);

interface Condition {
  code: string;
  title: string;
  severity: string;
  text: string;
  hint: string;
  since: number;
}
interface Told {
  ok?: boolean;
  conditions?: Condition[];
}

const config = (more: object = {}) => ({
  ...baseConfig,
  gateway: { ...baseConfig.gateway, metrics: { enabled: true, token: scrapeToken } },
  ...more,
});

const scrape = (gateway: Gateway, token: string | null = scrapeToken) =>
  fetch(`${gateway.http}/metrics`, token === null ? {} : { headers: { authorization: `Bearer ${token}` } });

async function json<T>(home: E2eHome, argv: string[]): Promise<T> {
  const { stdout, stderr } = await home.cli(argv);
  try {
    return JSON.parse(stdout) as T;
  } catch {
    throw new Error(`no JSON from ${argv.join(" ")}: ${stdout}\n${stderr}`);
  }
}

/** What each surface says is the matter, as `code since` of every condition. */
async function surfaces(home: E2eHome, gateway: Gateway): Promise<Record<string, string[]>> {
  const told = ({ conditions = [] }: Told) => conditions.map(({ code, since }) => `${code} ${since}`);
  const health = await json<Told>(home, ["gateway", "call", "health"]);
  const status = await json<Told>(home, ["gateway", "call", "status"]);
  const cliHealth = await json<Told>(home, ["health", "--json"]);
  const cliStatus = await json<{ health: Told; status: Told }>(home, ["status", "--json"]);
  const figures = await (await scrape(gateway)).text();
  const byCode = new Map((health.conditions ?? []).map(({ code, since }) => [code, `${code} ${since}`]));
  return {
    "rpc health": told(health),
    "rpc status": told(status),
    "health --json": told(cliHealth),
    "status --json health": told(cliStatus.health),
    "status --json status": told(cliStatus.status),
    metrics: [...figures.matchAll(/^openclaw_condition\{code="([^"]+)"/gm)].map(
      ([, code = ""]) => byCode.get(code) ?? code,
    ),
  };
}

function expectAgreement(all: Record<string, string[]>, codes: string[]): void {
  const expected = all["rpc health"]?.toSorted();
  expect(expected?.map((each) => each.split(" ")[0])).toEqual(codes);
  for (const [name, said] of Object.entries(all)) expect(said.toSorted(), name).toEqual(expected);
  evidence("surfaces", {
    conditions: codes.join(", ") || "none",
    "told alike by": Object.keys(all).join(", "),
  });
}

test("all surfaces tell the same, well and not well", async () => {
  await using home = createHome({ config: config() });
  const gateway = await home.gateway();
  expectAgreement(await surfaces(home, gateway), []);
  expect((await home.cli(["health"])).status).toBe(0);
  expect((await fetch(`${gateway.http}/readyz`)).status).toBe(200);

  home.configure({ ...config(), agents: { defaults: { thinkingDefault: 17 } } });
  await until(async () => (await surfaces(home, gateway))["rpc health"]?.length === 1, {
    what: "the broken file to be seen",
  });
  expectAgreement(await surfaces(home, gateway), ["config-invalid"]);
  const said = await home.cli(["health"]);
  expect(said.stdout).toContain("the last accepted one is in force");
  expect(said.stdout).toContain("openclaw config validate");
  // It goes on with the last accepted file: a warning, and ready.
  expect(said.status).toBe(0);
  const ready = await fetch(`${gateway.http}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { ok: true, status: "ready" }]);

  const live = await json<Told>(home, ["gateway", "call", "health"]);
  await gateway.stop();
  const page = JSON.parse(readFileSync(join(home.stateDir, "status.json"), "utf8")) as {
    health: Told;
    status: Told;
  };
  expect(page.health.conditions).toEqual(live.conditions);
  expect(page.status.conditions).toEqual(live.conditions);
}, 60_000);

test("an error makes health fail everywhere", async () => {
  const broken = { agents: { defaults: { model: "anthropic/claude-opus-4-6" } } };
  await using home = createHome({ config: config(broken) });
  const gateway = await home.gateway();
  await until(async () => (await surfaces(home, gateway))["rpc health"]?.length === 1, {
    what: "the missing login to be seen",
  });
  expectAgreement(await surfaces(home, gateway), ["model-credentials"]);
  const said = await home.cli(["health"]);
  expect(said.status).toBe(1);
  expect(said.stdout).toContain("The login of the model does not work");
  expect((await home.cli(["status"])).stdout).toContain("The login of the model does not work");
  expect(await (await scrape(gateway)).text()).toMatch(/^openclaw_healthy 0$/m);
}, 60_000);

test("metrics: off by default, with a token of their own, and as documented", async () => {
  await using off = createHome({ config: baseConfig });
  const silent = await off.gateway();
  expect((await scrape(silent)).status).toBe(404);
  await silent.stop();

  const collector = await startOtlpCollector();
  onTestFinished(() => collector.stop());
  // Those of the traces are there while traces are on.
  const diagnostics = { otel: { enabled: true, endpoint: collector.endpoint } };
  await using home = createHome({ config: config({ diagnostics }) });
  const gateway = await home.gateway();
  expect((await scrape(gateway, null)).status).toBe(401);
  expect((await scrape(gateway, e2eToken)).status).toBe(401);
  const elsewhere = await fetch(`${gateway.http}/v1/models`, {
    headers: { authorization: `Bearer ${scrapeToken}` },
  });
  expect(elsewhere.status).toBe(401);

  const asked = await home.cli(["agent", "--message", "hello", "--json"]);
  expect(asked.stderr).toBe("");
  const answer = await scrape(gateway);
  expect(answer.headers.get("content-type")).toContain("version=0.0.4");
  const text = await answer.text();
  expect(text).toMatch(/^openclaw_runs_total\{outcome="answered"\} 1$/m);
  expect(text).toMatch(/^openclaw_turn_seconds_count 1$/m);
  expect(text).toMatch(/^openclaw_rpc_calls_total\{method="agent"\} 1$/m);
  expect(text).toMatch(/^openclaw_queue_depth 0$/m);
  expect(text).toMatch(/^openclaw_ready 1$/m);
  expect(text).not.toContain(scrapeToken);
  expect(text).not.toContain(e2eToken);

  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  const documented = [
    ...readFileSync(new URL("../../docs/monitoring.md", import.meta.url), "utf8").matchAll(
      /^\| `(openclaw_[a-z_]+)/gm,
    ),
  ].map(([, name]) => name);
  expect(documented.toSorted()).toEqual(names.toSorted());
}, 60_000);

test("the gateway's own token does not open the metrics, whoever configured it so", async () => {
  await using home = createHome({
    config: { ...config(), gateway: { ...config().gateway, auth: { mode: "token", token: scrapeToken } } },
  });
  const gateway = await home.gateway();
  // The metrics token must not be the gateway's own.
  expect((await scrape(gateway)).status).toBe(404);
  expect(await (await fetch(`${gateway.http}/ready`)).json()).toEqual({ ok: true, status: "ready" });
}, 30_000);
