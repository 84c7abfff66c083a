// How a browser gets in, as the command prints it: the documented address always, a one-time login while a gateway runs.
import { afterEach, beforeEach, expect, test } from "vitest";
import { baseConfig, createHome, e2eToken, type E2eHome } from "../support/e2e-home.ts";

let home: E2eHome;
beforeEach(() => (home = createHome({ config: baseConfig })));
afterEach(() => home[Symbol.asyncDispose]());

test("without a gateway only the address; with one a link and a code, new every time and in no log", async () => {
  const down = await home.cli(["dashboard"]);
  expect(down.stdout).toBe(`http://127.0.0.1:18789/?token=${e2eToken}\n`);
  expect(down.stderr).toContain("not running");
  expect(await home.cli(["dashboard", "--link"])).toMatchObject({ status: 1, stdout: "" });

  const { http } = await home.gateway();
  const shown = await home.cli(["dashboard"]);
  expect(shown.stdout).toBe(`${http}/?token=${e2eToken}\n`);
  expect(shown.stderr).toMatch(/good for 5 minutes: +http:\S+#login=olt_\S+\n.*\d{3} \d{3}/);
  const made = JSON.parse((await home.cli(["dashboard", "--json"])).stdout) as Record<string, unknown>;
  expect(made).toMatchObject({
    link: expect.stringMatching(/#login=olt_/) as string,
    expiresAtMs: expect.any(Number) as number,
  });
  const { stdout: link } = await home.cli(["dashboard", "--link"]);
  expect(link).toMatch(new RegExp(`^${http}/#login=olt_[\\w-]{22}\\n$`));
  expect(link.trim()).not.toBe(made["link"]);
  const log = JSON.stringify(home.log());
  expect(log).not.toContain("olt_");
});
