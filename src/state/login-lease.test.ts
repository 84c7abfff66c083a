import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../core/clock.ts";
import { createLoginLeases } from "./login-lease.ts";

const folder = mkdtempSync(join(tmpdir(), "openclaw-leases-"));
beforeEach(() => void mkdirSync(folder, { recursive: true }));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const book = (stateDir: string) =>
  createLoginLeases({
    dir: join(folder, "leases"),
    fallbackDir: join(folder, "other"),
    stateDir,
    clock: systemClock,
  });
const login = { identity: "bot 1", channel: "telegram", account: "default" };

test("one login has one holder, whatever the state directory, and the next holder has a higher fence", () => {
  const first = book("/state/a").claim(login);
  if (!("lease" in first)) throw new Error("not given");
  expect(book("/state/b").claim(login)).toMatchObject({
    heldBy: { stateDir: "/state/a", pid: process.pid, fence: 1 },
  });
  expect(book("/state/b").claim({ ...login, identity: "bot 2" })).toHaveProperty("lease");
  first.lease.release();
  expect(first.lease.isHeld()).toBe(false);
  expect(book("/state/b").claim(login)).toMatchObject({ lease: { fence: 2 } });
});

test("a lease whose files were taken away is lost", () => {
  const first = book("/state/a").claim(login);
  if (!("lease" in first)) throw new Error("not given");
  expect(first.lease.isHeld()).toBe(true);
  rmSync(join(folder, "leases"), { recursive: true });
  expect(first.lease.isHeld()).toBe(false);
});

test("works beside the state where the shared folder cannot be made", () => {
  writeFileSync(join(folder, "leases"), "a file");
  expect(book("/state/a").claim(login)).toMatchObject({ lease: { fence: 1 } });
});

test("a holder that is killed is no holder any more", async () => {
  const script = `
    const { createLoginLeases } = await import(${JSON.stringify(join(import.meta.dirname, "login-lease.ts"))});
    createLoginLeases({ dir: ${JSON.stringify(join(folder, "leases"))}, fallbackDir: "/nowhere", stateDir: "/state/c",
      clock: { now: () => 0 } }).claim(${JSON.stringify(login)});
    console.log("held");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  expect(book("/state/a").claim(login)).toMatchObject({ heldBy: { stateDir: "/state/c", pid: child.pid } });
  child.kill("SIGKILL");
  await ended;
  expect(book("/state/a").claim(login)).toMatchObject({ lease: { fence: 2 } });
});
