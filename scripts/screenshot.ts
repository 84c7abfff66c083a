// Takes docs/images/control-page.png: a fresh gateway on the offline model, seen through Chromium.
//   node scripts/bootstrap.mjs scripts/screenshot.ts
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { freePort } from "../bench/gateway.ts";
import { build } from "./build.mjs";

const executablePath = "/usr/bin/chromium";
if (!existsSync(executablePath)) {
  console.error("screenshot: needs Debian's chromium: apt-get install chromium");
  process.exit(1);
}
await build({ quiet: true });
const home = mkdtempSync(join(tmpdir(), "openclaw-shot-"));
const port = await freePort();
const gateway = spawn(
  process.execPath,
  [
    fileURLToPath(new URL("../bin/openclaw.js", import.meta.url)),
    "gateway",
    "--setup",
    "--port",
    String(port),
  ],
  {
    env: { PATH: process.env["PATH"] ?? "", HOME: home, OPENCLAW_STATE_DIR: join(home, ".openclaw") },
    stdio: ["ignore", "pipe", "inherit"],
  },
);
const address = await new Promise<string>((resolve) => {
  let said = "";
  gateway.stdout.on("data", (data: Buffer) => {
    said += data.toString("utf8");
    const found = /Dashboard: (\S+)/.exec(said)?.[1];
    if (found) resolve(found);
  });
});
const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    "--no-proxy-server",
  ],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 760 }, deviceScaleFactor: 1 });
  // A first start leads to the setup page; the picture is of the one after it.
  await page.goto(address.replace("/setup", "/chat"));
  const say = async (text: string, answer: string | RegExp) => {
    await page.getByRole("textbox", { name: "Message" }).fill(text);
    await page.keyboard.press("Enter");
    await page.getByText(answer).first().waitFor();
  };
  await say("remember that my deploy host is ash-3", /Remembered: my deploy host is ash-3/);
  await say("what do you know about deploy host?", /From memory: my deploy host is ash-3/);
  await say("run touch release-notes.md", /asks to run a command/);
  const file = fileURLToPath(new URL("../docs/images/control-page.png", import.meta.url));
  await page.screenshot({ path: file });
  console.log(`screenshot: ${file} (${readFileSync(file).length} bytes)`);
} finally {
  await browser.close();
  gateway.kill("SIGTERM");
  await new Promise((resolve) => gateway.once("exit", resolve));
  rmSync(home, { recursive: true, force: true });
}
