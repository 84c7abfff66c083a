// @ts-nocheck
import { spawn } from "node:child_process";
import { makeBed, treePssMb } from "./gateway.ts";
import { openSocket } from "./rpc.ts";
import { readFileSync } from "node:fs";
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
const bare = spawn(process.execPath, ["-e", "setInterval(()=>{},1e9)"]);
const bed = await makeBed({ models: { detectLocal: false } });
const child = spawn(process.execPath, ["--heapsnapshot-signal=SIGUSR2", "--diagnostic-dir=/tmp/prof", `${process.argv[2]}/bin/openclaw.js`, "gateway"], { env: bed.env, stdio: "ignore" });
for (;;) { const s = await openSocket(bed.port).catch(() => null); if (s) { s.close(); break; } await pause(5); }
await pause(11000);
const anon = (pid) => { const t = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"); return [/^Pss:\s+(\d+)/m, /^Pss_Anon:\s+(\d+)/m, /^Pss_File:\s+(\d+)/m].map((r) => (Number(r.exec(t)[1]) / 1024).toFixed(1)).join(" "); };
console.log("bare", anon(bare.pid)); console.log("gateway", anon(child.pid));
child.kill("SIGUSR2"); await pause(4000);
bare.kill(); child.kill(); await pause(500); bed.remove();
