// @ts-nocheck
import { WebSocket } from "ws";
import { spawn } from "node:child_process";
import { makeBed, token } from "./gateway.ts";
import { openSocket } from "./rpc.ts";
const bed = await makeBed({ models: { detectLocal: false } });
const child = spawn(process.execPath, ["/tmp/new/bin/openclaw.js", "gateway"], { env: bed.env, stdio: "ignore" });
for (;;) { const s = await openSocket(bed.port).catch(() => null); if (s) { s.close(); break; } }
const ws = new WebSocket(`ws://127.0.0.1:${bed.port}/`);
ws.on("message", (d) => { console.log(d.length, d.toString().slice(0, 200)); if (d.toString().includes("challenge")) ws.send(JSON.stringify({ type: "req", id: "1", method: "connect", params: { minProtocol: 3, maxProtocol: 3, client: { id: "test", mode: "test", version: "1", platform: "linux" }, role: "operator", scopes: ["operator.admin"], auth: { token } } })); else { const p = JSON.parse(d).payload; for (const k of Object.keys(p)) console.log(k, JSON.stringify(p[k]).length); for (const k of Object.keys(p.snapshot)) console.log(" ", k, JSON.stringify(p.snapshot[k]).length, JSON.stringify(p.snapshot[k]).slice(0, 1500)); ws.terminate(); child.kill(); bed.remove(); } });
