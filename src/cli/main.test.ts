// The entry itself, in a process of its own: what only a real process shows.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { startFakeGateway } from "../../test/fakes/gateway.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "openclaw-main-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function start(argv: string[]) {
  const child = spawn(process.execPath, [main, ...argv], {
    env: { PATH: process.env.PATH, HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return { child, output, ended };
}

it("prints the version", async () => {
  const { output, ended } = start(["--version"]);
  expect([await ended, output.stdout, output.stderr]).toEqual([0, expect.stringMatching(/^[\d.]+\n$/), ""]);
});

it("ends quietly when the reader of its output goes away", async () => {
  const { child, output, ended } = start(["--help"]);
  child.stdout.destroy();
  expect(await ended).toBe(0);
  expect(output.stderr).toBe("");
});

it("stops the run and ends with 130 on SIGINT", async () => {
  const aborts: unknown[] = [];
  let fail: (error: unknown) => void = () => {};
  const gateway = await startFakeGateway({
    methods: {
      agent: ({ early, event, params }) => {
        early({ status: "accepted" });
        const runId = params.idempotencyKey;
        event("agent", { runId, stream: "tool", data: { phase: "start", name: "exec", toolCallId: "t" } });
        return new Promise((_resolve, reject) => {
          fail = reject;
        });
      },
      "chat.abort": ({ params }) => {
        aborts.push(params);
        fail({ code: "UNAVAILABLE", message: "aborted" });
        return { ok: true };
      },
    },
  });
  mkdirSync(join(home, ".openclaw"), { recursive: true, mode: 0o700 });
  const config = JSON.stringify({ gateway: { port: gateway.port } });
  writeFileSync(join(home, ".openclaw", "openclaw.json"), config, { mode: 0o600 });
  try {
    const { child, output, ended } = start(["agent", "-m", "wait"]);
    let killed = false;
    child.stderr.on("data", () => {
      // Once: a second signal ends the process without waiting for the gateway.
      if (output.stderr.includes("exec") && !killed) killed = child.kill("SIGINT");
    });
    expect(await ended).toBe(130);
    expect(aborts).toEqual([{ sessionKey: "main", runId: gateway.calls[0]?.params.idempotencyKey }]);
    expect(output.stderr).toContain("The run was stopped.");
    expect(output.stdout).toBe("");
  } finally {
    await gateway.close();
  }
});
