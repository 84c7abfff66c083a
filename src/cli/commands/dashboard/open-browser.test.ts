import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { browserOpener } from "./open-browser.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "openclaw-opener-"));
  writeFileSync(join(dir, "xdg-open"), "#!/bin/sh\n");
  chmodSync(join(dir, "xdg-open"), 0o755);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("a desktop has an opener; servers, SSH and containers have none", () => {
  const desktop = { PATH: `relative:${dir}`, DISPLAY: ":0" };
  expect(browserOpener(desktop, "linux")).toEqual({ file: join(dir, "xdg-open"), args: [] });
  expect(browserOpener({ ...desktop, DISPLAY: undefined, WAYLAND_DISPLAY: "w" }, "linux")).not.toBeNull();
  expect(browserOpener({ PATH: dir }, "linux")).toBeNull();
  expect(browserOpener({ ...desktop, PATH: "/nowhere" }, "linux")).toBeNull();
  expect(browserOpener({ ...desktop, SSH_CONNECTION: "a" }, "linux")).toBeNull();
  expect(browserOpener({}, "darwin")?.file).toBe("/usr/bin/open");
  expect(browserOpener({ SSH_TTY: "/dev/pts/1" }, "darwin")).toBeNull();
  expect(browserOpener({}, "win32")?.file).toMatch(/rundll32\.exe$/);
});
