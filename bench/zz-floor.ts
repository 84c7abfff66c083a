// @ts-nocheck
import { createServer } from "node:http";
import { fork, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import { WebSocketServer, WebSocket } from "ws";
import { makeBed, median } from "./gateway.ts";
import { openSocket } from "./rpc.ts";
const big = process.argv[2] === "server" ? Number(process.argv[3]) : 0;
if (process.argv[2] === "server") {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const answer = JSON.stringify({ type: "res", id: "1", ok: true, payload: { features: Array.from({ length: Math.max(0, Math.round((big - 60) / 20)) }, (_, i) => `some.method.name${i}`) } });
  const n = 0;
  server.on("upgrade", (request, stream, head) => {
    stream.cork();
    sockets.handleUpgrade(request, stream, head, (socket) => {
      socket.on("message", (d) => { JSON.parse(d.toString()); socket.send(answer); });
      socket.send(JSON.stringify({ type: "event", event: "connect.challenge", payload: { nonce: "x".repeat(36), ts: 1 } }));
    });
    stream.uncork();
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
  process.on("disconnect", () => process.exit(0));
} else {
  const me = fileURLToPath(import.meta.url);
  const servers = [];
  for (const size of [200, 6000, 12000]) {
    const child = fork(me, ["server", String(size)]);
    const port = await new Promise((r) => child.once("message", r));
    servers.push({ name: `bare ${size}`, port, pid: child.pid, stop: () => child.disconnect() });
  }
  for (const root of process.argv.slice(2)) {
    const bed = await makeBed({ models: { detectLocal: false } });
    const child = spawn(process.execPath, [`${root}/bin/openclaw.js`, "gateway"], { env: bed.env, stdio: "ignore" });
    for (;;) { const s = await openSocket(bed.port).catch(() => null); if (s) { s.close(); break; } }
    servers.push({ name: root, port: bed.port, pid: child.pid, stop: () => { child.kill(); bed.remove(); } });
  }
  const ticks = (pid) => { const s = readFileSync(`/proc/${pid}/stat`, "utf8"); const f = s.slice(s.lastIndexOf(")") + 2).split(" "); return (Number(f[11]) + Number(f[12])) * 10; };
  const got = new Map(servers.map((s) => [s.name, []]));
  const cpu = new Map(servers.map((s) => [s.name, 0]));
  for (let r = 0; r < 9; r++) for (const s of servers) {
    const times = []; const c0 = ticks(s.pid);
    for (let n = 0; n < 400; n++) { const t = performance.now(); const k = await openSocket(s.port); times.push(performance.now() - t); k.close(); }
    if (r > 1) { got.get(s.name).push(median(times)); cpu.set(s.name, cpu.get(s.name) + ticks(s.pid) - c0); }
  }
  for (const [name, list] of got) console.log(name.padEnd(12), median(list).toFixed(3), "ms p50; server cpu", (cpu.get(name) / 7 / 400).toFixed(3), "ms", list.map((n) => n.toFixed(2)).join(" "));
  for (const s of servers) s.stop();
}
