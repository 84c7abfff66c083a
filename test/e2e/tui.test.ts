// `openclaw tui` in a real terminal (tmux) with a gateway process.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { baseConfig, createHome, program, until, type E2eHome, type Gateway } from "../support/e2e-home.ts";
import { hasTmux, openTmux, type TmuxTerminal } from "../support/tmux.ts";

describe.skipIf(!hasTmux)("openclaw tui (needs tmux)", () => {
  let home: E2eHome;
  let gateway: Gateway;
  let terminal: TmuxTerminal;
  beforeAll(async () => {
    home = createHome({ config: baseConfig });
    gateway = await home.gateway();
    terminal = openTmux({ dir: home.dir, env: home.env, size: [90, 24] });
    start();
    await terminal.shows("openclaw · main · ready");
  });
  afterAll(async () => {
    terminal[Symbol.dispose]();
    await home[Symbol.asyncDispose]();
  });
  const start = (words = "", before = "") => {
    terminal.type(`${before}${process.execPath} ${program} tui ${words}; echo "left with $?"`);
    terminal.press("Enter");
  };
  /** Left, and the terminal as it was: the prompt shows what is typed, line by line. */
  const isBack = async (status: number) => {
    await terminal.shows(`left with ${status}`);
    terminal.type("stty -a | grep -c ' icanon.* echo '");
    terminal.press("Enter");
    terminal.type("echo back-$((40 + 2))");
    terminal.press("Enter");
    const shown = await terminal.shows("back-42");
    expect(shown).toContain("stty -a");
    terminal.type("clear");
    terminal.press("Enter");
  };

  test("a message is sent and its answer appears; earlier ones are an arrow away", async () => {
    terminal.type("Reply with: hello terminal");
    terminal.press("Enter");
    const shown = await terminal.shows(/> Reply with: hello terminal\n\nhello terminal/);
    expect(shown).toMatch(/─{90}\n› *\n/);
    terminal.press("Up");
    await terminal.shows("› Reply with: hello terminal");
    terminal.press("C-u");
    await terminal.shows(/─\n› *\n/);
  });

  test("a tool that wants permission is asked about with the whole command, and shows what it said", async () => {
    terminal.type("run uname -s");
    terminal.press("Enter");
    const asked = await terminal.shows("Permission wanted on gateway");
    expect(asked).toContain("  uname -s");
    expect(asked).toMatch(/… exec +uname -s/);
    expect(asked).toContain("working, Esc stops");
    terminal.press("C-y");
    const done = await terminal.shows(/✓ exec \([\d.]+ s\) +uname -s\n {2}Linux/);
    expect(done).not.toContain("Permission wanted");

    terminal.type("run uname -r");
    terminal.press("Enter");
    await terminal.shows("Permission wanted");
    terminal.press("C-x");
    await terminal.shows(/✗ exec [^\n]*uname -r/);
    await terminal.shows("main · ready");
  });

  test("pasted lines are one message, wide characters keep the cursor in its place, nothing is sent by itself", async () => {
    terminal.paste("first line\nsecond 日本語 \u001b[31mred");
    const shown = await terminal.shows("second 日本語");
    expect(shown).toMatch(/› first line\n {2}second 日本語/);
    terminal.type("!");
    await terminal.shows(/second 日本語 [^\n]*!/);
    terminal.press("C-c");
    await terminal.shows(/─\n› *\n/);
  });

  test("it follows the size of the window", async () => {
    terminal.resize(40, 12);
    const small = await terminal.shows(new RegExp(`\\n─{40}\\n`));
    expect(small.split("\n")[0]).toBe("openclaw · main · ready");
    terminal.resize(90, 24);
    await terminal.shows(new RegExp(`\\n─{90}\\n`));
  });

  test("conversations are opened by name and from the list", async () => {
    terminal.type("/session notes");
    terminal.press("Enter");
    const empty = await terminal.shows("openclaw · notes · ready");
    expect(empty).not.toContain("hello terminal");
    terminal.press("C-r");
    await terminal.shows(/› agent:main:main/);
    terminal.press("Enter");
    const back = await terminal.shows("openclaw · agent:main:main · ready");
    await terminal.shows("uname -r");
    expect(back).not.toContain("Sessions (");
  });

  test("a slash command of the gateway is answered; /help is this program's own", async () => {
    terminal.type("/status");
    terminal.press("Enter");
    await terminal.shows(/> \/status\n[^]*[Mm]odel/);
    terminal.type("/help");
    terminal.press("Enter");
    await terminal.shows("/session KEY");
  });

  test("the gateway goes away and comes back: it says so and goes on", async () => {
    await gateway.stop();
    await terminal.shows("connection lost");
    gateway = await home.gateway({ port: gateway.port });
    await terminal.shows("agent:main:main · ready");
    terminal.type("Reply with: still here");
    terminal.press("Enter");
    await terminal.shows(/\nstill here/);
  });

  test("Ctrl-C twice, SIGTERM and a crash all give the terminal back", async () => {
    terminal.press("C-c");
    await terminal.shows("Ctrl-C again leaves");
    terminal.press("C-c");
    await isBack(0);
    start();
    await terminal.shows("openclaw · main · ready");
    process.kill(await until(() => tuiPid()), "SIGTERM");
    await isBack(0);
    const crash = join(home.dir, "crash.mjs");
    writeFileSync(crash, 'process.on("SIGUSR2", () => { throw new Error("a planted bug"); });\n');
    start("", `NODE_OPTIONS='--import ${crash}' `);
    await terminal.shows("openclaw · main · ready");
    process.kill(await until(() => tuiPid()), "SIGUSR2");
    // Its last words are on the ordinary screen.
    await terminal.shows("a planted bug");
    await isBack(1);
  });

  test("without a gateway it says what to do and never takes the screen", async () => {
    start("--url ws://127.0.0.1:9");
    const shown = await terminal.shows("left with 1");
    expect(shown).toMatch(/cannot reach|Gateway|gateway/);
    expect((await home.cli(["tui"])).stderr).toMatch(/needs a terminal/);
  });

  function tuiPid(): number | null {
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        const environment = readFileSync(`/proc/${name}/environ`, "utf8");
        if (words.includes("tui") && environment.includes(`HOME=${home.dir}\0`)) return Number(name);
      } catch {
        continue; // it ended meanwhile
      }
    }
    return null;
  }
});
