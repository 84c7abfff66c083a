// `gateway --force`: a gateway makes room, a stranger only when that was said, and whom it ends is told first.
import { spawn, type ChildProcess } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { baseConfig, createHome, until, type E2eHome } from "../support/e2e-home.ts";
import { freePort } from "../torture/gateway-process.ts";

let home: E2eHome | undefined;
let stranger: ChildProcess | undefined;
afterEach(async () => {
  stranger?.kill("SIGKILL");
  await home?.[Symbol.asyncDispose]();
});

const isAlive = () => stranger?.exitCode === null && stranger.signalCode === null;

test.runIf(process.platform === "linux")(
  "--force ends gateways; a stranger is named, spared, and ended only with --yes",
  async () => {
    home = createHome({ config: baseConfig });
    const port = await freePort();
    stranger = spawn(process.execPath, [
      "-e",
      `require("node:http").createServer((_, r) => r.end("mine")).listen(${port}, "127.0.0.1", () => console.log("up"))`,
      "some-web-server",
    ]);
    await new Promise((resolve) => stranger?.stdout?.once("data", resolve));
    const { pid } = stranger;

    const refused = await home.cli(["gateway", "--port", String(port), "--force"]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("is held by a program that is not an OpenClaw gateway: ");
    expect(refused.stderr).toContain(`(pid ${pid})`);
    expect(refused.stderr).toMatch(/hint: .*--force --yes/);
    expect(isAlive()).toBe(true);

    const first = home.spawn(["gateway", "--port", String(port), "--force", "--yes"]);
    await until(() => !isAlive(), { what: "the stranger to end", or: first });
    const answers = async () =>
      (await fetch(`http://127.0.0.1:${port}/health`).catch(() => null))?.ok ?? false;
    await until(answers, { what: "the gateway to answer", or: first });
    expect(first.stderr()).toContain(`(pid ${pid})`);

    const second = home.spawn(["gateway", "--port", String(port), "--force"]);
    expect((await first.ended).status).toBe(0);
    await until(answers, { what: "the second gateway to answer", or: second });
    expect(second.stderr()).toContain(`--force: ending the gateway with pid ${first.child.pid}`);
  },
  30_000,
);
