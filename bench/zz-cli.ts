// @ts-nocheck
import { spawnSync } from "node:child_process";
import { median, makeBed } from "./gateway.ts";
const bed = await makeBed({ models: { detectLocal: false } });
const [n, words, ...roots] = process.argv.slice(2);
const got = roots.map(() => []); const bare = [];
for (let r = 0; r < Number(n); r++) { let t = performance.now(); spawnSync(process.execPath, ["-e", "0"]); bare.push(performance.now() - t); for (const [i, root] of roots.entries()) { t = performance.now(); spawnSync(process.execPath, [`${root}/bin/openclaw.js`, ...words.split(" ")], { env: bed.env }); if (r > 0) got[i].push(performance.now() - t); } }
const b = median(bare); console.log("bare", b.toFixed(1)); for (const [i, l] of got.entries()) console.log(roots[i], median(l).toFixed(1), (median(l) / b).toFixed(2), "min", Math.min(...l).toFixed(1));
bed.remove();
