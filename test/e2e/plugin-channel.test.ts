// A channel of somebody else's, loaded from its folder by the real program.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { linechatDouble } from "../fakes/linechat/driver.ts";
import { baseConfig, createHome, until } from "../support/e2e-home.ts";

const folder = fileURLToPath(new URL("../../examples/channel-adapter", import.meta.url));

test("the example adapter: talks, is shown by status, and comes back after a cut", async () => {
  const platform = await linechatDouble.start({
    clock: systemClock,
    deliver: () => Promise.resolve({ status: 404, body: "" }),
  });
  const home = createHome({
    config: {
      ...baseConfig,
      plugins: { load: { paths: [folder] } },
      channels: { linechat: { ...platform.account("default"), dmPolicy: "open" } },
    },
  });
  try {
    const gateway = await home.gateway();
    const answer = (text: string) =>
      until(() => platform.seen().some((each) => each.plain === text) || null, {
        what: `the answer ${text}`,
      });
    await platform.say({ by: "alice", place: "direct", text: "Reply with: good morning" });
    await answer("good morning");

    const { stdout } = await home.cli(["channels", "status", "--probe", "--json"]);
    expect(JSON.stringify(JSON.parse(stdout))).toContain('"linechat"');

    platform.faults.cut?.(true);
    await platform.say({ by: "alice", place: "direct", text: "Reply with: back again" });
    platform.faults.cut?.(false);
    await answer("back again");
    expect(platform.seen().map((each) => each.plain)).toEqual(["good morning", "back again"]);
    expect((await gateway.stop()).status).toBe(0);
  } finally {
    await home[Symbol.asyncDispose]();
    await platform.stop();
  }
});
