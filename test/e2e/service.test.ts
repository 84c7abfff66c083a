// The service commands beside a real gateway in the foreground, on a machine without a service of this home.
import { expect, it } from "vitest";
import { baseConfig, createHome, until } from "../support/e2e-home.ts";

it("restart and stop reach the foreground gateway of this state directory", async () => {
  await using home = createHome({ config: baseConfig });
  const gateway = await home.gateway();
  const restarted = await home.cli(["gateway", "restart"]);
  expect(restarted).toMatchObject({
    status: 0,
    stdout: `Told the foreground gateway (pid ${gateway.pid}) to restart\n`,
  });
  await until(
    () => home.log().filter((line) => String(line["1"]).startsWith("Gateway started")).length === 2,
  );
  const start = await home.cli(["gateway", "start"]);
  expect(start.status).toBe(1);
  expect(start.stderr).toContain("Service not installed");
  const stopped = await home.cli(["gateway", "stop", "--json"]);
  expect(JSON.parse(stopped.stdout)).toMatchObject({ ok: true, action: "stop" });
  expect((await gateway.ended).status).toBe(0);
  expect((await home.cli(["gateway", "stop"])).status).toBe(1);
});

it("under a supervisor a refused start ends with 78, which it does not answer with another start", async () => {
  await using home = createHome({ config: { gateway: {} } });
  const env = { OPENCLAW_SERVICE_KIND: "gateway" };
  const refused = await home.cli(["gateway"], { env });
  expect(refused.status).toBe(78);
  expect(refused.stderr).toMatch(/^error: Gateway start blocked: set gateway\.mode=local\nhint: /m);
  expect((await home.cli(["gateway"])).status).toBe(1);
  home.configure(baseConfig);
  const gateway = await home.gateway();
  expect((await home.cli(["gateway"], { env })).status).toBe(78);
  await gateway.stop();
});
