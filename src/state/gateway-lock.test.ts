import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../core/clock.ts";
import { acquireGatewayLock, readGatewayLock, resolvePaths } from "./index.ts";
import type { Paths } from "./paths.ts";

let dir: string;
let paths: Paths;
const children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "oc-lock-"));
  paths = resolvePaths({ env: { OPENCLAW_STATE_DIR: dir }, home: dir });
});
afterEach(async () => {
  for (const child of children.splice(0)) await end(child);
  rmSync(dir, { recursive: true, force: true });
});
async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** A real process that takes the lock and holds it. */
async function holder(port: number): Promise<ChildProcess> {
  const script = `
    const { acquireGatewayLock, resolvePaths } = await import(${JSON.stringify(new URL("./index.ts", import.meta.url).href)});
    const paths = resolvePaths({ env: { OPENCLAW_STATE_DIR: ${JSON.stringify(dir)} }, home: "" });
    acquireGatewayLock(paths, { port: ${port}, version: "1", clock: { now: () => Date.now() } });
    process.stdout.write("held");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  if (child.stdout) await once(child.stdout, "data");
  return child;
}
const acquire = () => acquireGatewayLock(paths, { port: 18789, version: "2", clock: systemClock });

test("a second gateway is refused at once and told by whom; kill -9 frees the state", async () => {
  const child = await holder(4321);
  const started = performance.now();
  expect(acquire).toThrow(
    expect.objectContaining({
      code: "GATEWAY_RUNNING",
      message: expect.stringMatching(
        new RegExp(`another gateway instance is already listening \\(pid ${child.pid}, port 4321\\)`),
      ) as string,
      hint: expect.stringContaining(`kill ${child.pid}`) as string,
    }) as Error,
  );
  expect(performance.now() - started).toBeLessThan(100);
  expect(readGatewayLock(paths)).toMatchObject({ pid: child.pid, port: 4321, version: "1", stateDir: dir });

  await end(child);
  expect(readGatewayLock(paths)).toBeNull();
  const lock = acquire();
  expect(readdirSync(dir).filter((name) => name.endsWith(".lock"))).toEqual([`gateway.${process.pid}.lock`]);
  lock.release();
  expect(readGatewayLock(paths)).toBeNull();
});

test("the info file follows what changes, in place", () => {
  const lock = acquire();
  lock.update({ port: 5555, host: "127.0.0.1" });
  expect(readGatewayLock(paths)).toMatchObject({ pid: process.pid, port: 5555, host: "127.0.0.1" });
  expect(lock.info.port).toBe(5555);
  lock.release();
  lock.release();
  acquire().release();
});

test("files of dead, recycled and foreign processes prove nothing", () => {
  writeFileSync(join(dir, "gateway.999999999.lock"), '{"pid":999999999,"port":1}');
  writeFileSync(join(dir, "gateway.1.lock"), '{"pid":1,"port":1,"startTime":-5}');
  writeFileSync(join(dir, `gateway.${process.pid}.lock`), "{torn");
  if (process.platform === "linux") expect(readGatewayLock(paths)).toBeNull();
  const lock = acquire();
  expect(existsSync(join(dir, "gateway.1.lock"))).toBe(false);
  expect(JSON.parse(readFileSync(join(dir, `gateway.${process.pid}.lock`), "utf8"))).toMatchObject({
    port: 18789,
  });
  lock.release();
});
