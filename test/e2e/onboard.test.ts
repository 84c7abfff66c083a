// The wizard in a real terminal (pty): asked to the end, stopped half-way, gone back.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { spawn, type IPty } from "@lydell/node-pty";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHome, program, until, type E2eHome } from "../support/e2e-home.ts";

const enter = "\r";
const escape = "\u001b";
const down = "\u001b[B";

let home: E2eHome;
const open: IPty[] = [];
beforeEach(() => {
  home = createHome();
});
afterEach(async () => {
  for (const terminal of open.splice(0)) terminal.kill("SIGKILL");
  await home[Symbol.asyncDispose]();
});

/** A terminal with the program in it. */
function start(argv: string[]) {
  const terminal = spawn(process.execPath, [program, ...argv], {
    cols: 100,
    rows: 40,
    env: home.env,
    cwd: home.dir,
  });
  open.push(terminal);
  let output = "";
  let seen = 0;
  let status: number | null = null;
  terminal.onData((chunk) => (output += chunk));
  terminal.onExit(({ exitCode }) => (status = exitCode));
  return {
    /** Waits for words that were not waited for yet, then types. */
    async when(words: string, keys: string) {
      await until(() => output.includes(words, seen), { what: `${words}\n${output.slice(-2000)}` });
      seen = output.indexOf(words, seen) + words.length;
      terminal.write(keys);
    },
    async end() {
      await until(() => status !== null, { what: `the end\n${output.slice(-2000)}` });
      return { status, output };
    },
  };
}

const config = () => JSON.parse(readFileSync(home.configPath, "utf8")) as { gateway: object };

test("asked to the end: nothing is written before the last answer, the first message is answered", async () => {
  const wizard = start(["onboard", "--no-install-daemon"]);
  await wizard.when("An agent acts: ", "y");
  await wizard.when("How much to ask: ", enter);
  await wizard.when("Model: ", down + enter);
  await wizard.when("Channels: ", enter);
  await wizard.when("First message: ", enter);
  await wizard.when("Do this now?", "");
  expect(existsSync(home.configPath)).toBe(false);
  await wizard.when("", enter);
  const { status, output } = await wizard.end();
  expect(status).toBe(0);
  expect(output).toContain("> Hello! Who are you");
  expect(output).not.toContain("did not answer");
  expect(config().gateway).toMatchObject({ mode: "local" });
  expect(existsSync(join(home.stateDir, "onboarding.json"))).toBe(false);
}, 60_000);

test("Ctrl-C in the middle writes nothing and the next run goes on there; Esc goes back", async () => {
  const stopped = start(["onboard", "--no-install-daemon", "--accept-risk"]);
  await stopped.when("How much to ask: ", down + enter);
  await stopped.when("Where the gateway runs: ", enter);
  await stopped.when("Model: ", "\u0003");
  expect(await stopped.end()).toMatchObject({
    status: 1,
    output: expect.stringContaining("nothing was written") as string,
  });
  expect(existsSync(home.configPath)).toBe(false);
  expect(existsSync(join(home.stateDir, "workspace"))).toBe(false);

  const again = start(["onboard", "--no-install-daemon", "--accept-risk"]);
  await again.when("Going on where you stopped", "");
  await again.when("Model: ", escape);
  await again.when("Where the gateway runs: ", enter);
  await again.when("Model: ", down + enter);
  await again.when("Port: ", "\u007f".repeat(5) + "70000" + enter);
  await again.when("is not a port", "\u007f".repeat(5) + "19555" + enter);
  await again.when("Who can reach it: ", enter);
  await again.when("How clients log in: ", enter);
  await again.when("Token: ", enter);
  await again.when("Channels: ", enter);
  await again.when("Workspace: ", enter);
  await again.when("First message: ", "\u0015" + enter);
  await again.when("Do this now?", enter);
  const { status, output } = await again.end();
  expect(status, output).toBe(0);
  expect(config().gateway).toMatchObject({ mode: "local", port: 19555 });
}, 60_000);

test("configure asks for the chosen part only and keeps the rest of the file as it was written", async () => {
  home.configure({
    gateway: { mode: "local", auth: { token: "a".repeat(64) } },
    models: { detectLocal: false },
  });
  const before = readFileSync(home.configPath, "utf8");
  const wizard = start(["configure", "--section", "gateway"]);
  await wizard.when("Port: ", "\u007f".repeat(5) + "19777" + enter);
  await wizard.when("Who can reach it: ", enter);
  await wizard.when("How clients log in: ", enter);
  await wizard.when("Token: ", enter);
  await wizard.when("Do this now?", enter);
  const { status, output } = await wizard.end();
  expect(status, output).toBe(0);
  const after = readFileSync(home.configPath, "utf8");
  expect(after.replace(/,?\s*"port": 19777/, "").replaceAll(/\s/g, "")).toBe(before.replaceAll(/\s/g, ""));
}, 60_000);

test("everything a gateway made is removed again", async () => {
  home.configure({
    gateway: { mode: "local", auth: { token: "a".repeat(64) } },
    models: { detectLocal: false },
  });
  const gateway = await home.gateway();
  const busy = await home.cli(["uninstall", "--yes"]);
  expect(busy).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("openclaw gateway stop") as string,
  });
  const reset = await home.cli(["reset", "--yes"]);
  expect(reset).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("openclaw gateway stop") as string,
  });
  await gateway.stop();
  expect(await home.cli(["uninstall", "--yes"])).toMatchObject({ status: 0 });
  expect(readdirSync(home.dir)).toEqual([]);
});
