// @ts-nocheck
import { spawn } from "node:child_process";
import { makeBed } from "./gateway.ts";
import { openSocket } from "./rpc.ts";
const bed = await makeBed({ models: { detectLocal: false } });
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
const shake = Number(process.argv[2] ?? 0);
for (const prof of [false, true]) {
  const args = prof ? ["--cpu-prof", "--cpu-prof-dir=/tmp/prof", `--cpu-prof-interval=${shake ? 200 : 100}`] : [];
  const child = spawn(process.execPath, [...args, "/tmp/new/bin/openclaw.js", "gateway"], { env: bed.env, stdio: "ignore" });
  const ended = new Promise((r) => child.once("exit", r));
  for (;;) { const s = await openSocket(bed.port).catch(() => null); if (s) { s.close(); break; } await pause(2); }
  for (let n = 0; n < shake; n++) (await openSocket(bed.port)).close();
  child.kill("SIGTERM"); await ended;
}
bed.remove();
