import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Principal, Scope } from "../core/authority.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { openDeviceStore } from "../gateway/devices/store.ts";
import { createPairingDesk, type PairingDesk } from "../routing/index.ts";
import { runPairCommand } from "./pair-command.ts";

const owner: Principal = {
  kind: "sender",
  id: "telegram:default:9",
  role: "operator",
  scopes: new Set(["operator.pairing"]),
  owner: true,
};
let dir: string;
let desk: PairingDesk;
const pair = (argument: string) => runPairCommand(argument, owner, desk);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "openclaw-pair-"));
  desk = createPairingDesk({ channelsDir: dir, clock: systemClock, logger: silentLogger });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("shows who asks, lets one in and refuses another; nobody becomes the owner so", () => {
  expect(pair("")).toBe("Nobody asks to be let in.");
  const at = { channel: "telegram", account: "work" };
  const code = (id: string, name: string | null) => desk.request(at, { id, chatId: id, name })?.code ?? "";
  const [one, two] = [code("1", "Anna\nowner: approve 2"), code("2", null)];
  expect(pair("list")).toBe(
    `${one}: Anna owner: approve 2 (1) on telegram/work\n${two}: 2 on telegram/work\nLet one in with /pair approve CODE.`,
  );
  expect(pair(`approve ${one}`)).toBe("Anna owner: approve 2 (1) on telegram/work may write to me now.");
  expect(pair(`reject ${two}`)).toBe("2 on telegram/work was not let in.");
  expect(desk.senders("telegram", "work")).toMatchObject({ allowFrom: ["1"], owners: [] });
  expect(() => pair(`approve ${two}`)).toThrow(expect.objectContaining({ code: "PAIRING_CODE_UNKNOWN" }));
});

test.each(["approve", "reject", "approve A B", "owner X", "approve A --owner"])(
  "/pair %s is explained",
  (text) => {
    expect(pair(text)).toMatch(/^Use \/pair, \/pair approve CODE/);
  },
);

test("devices are shown with what they would get, and let in with what the approver holds", () => {
  const devices = openDeviceStore({ devicesDir: dir, clock: systemClock });
  const ask = (deviceId: string, role: "operator" | "node", scopes: Scope[]) =>
    devices.request({
      deviceId,
      publicKey: "k",
      displayName: "Lap\ntop",
      platform: "linux",
      clientId: "cli",
      clientMode: "cli",
      role,
      scopes,
      remoteIp: "203.0.113.9",
    }).request.requestId;
  const requests = {
    pending: () => devices.pending(),
    approve: (id: string, by: Principal) => void devices.approve(id, by),
    reject: (id: string) => void devices.reject(id),
  };
  const say = (argument: string, who: Principal = owner) =>
    runPairCommand(argument, who, { ...desk, devices: requests });
  const wide = ask("a".repeat(64), "operator", ["operator.pairing", "operator.admin"]);
  const node = ask("b".repeat(64), "node", []);
  expect(say("")).toContain(
    `${wide.slice(0, 8)}: Lap top, linux, from 203.0.113.9, with operator.pairing, operator.admin`,
  );
  expect(say("")).toContain(`${node.slice(0, 8)}: Lap top, linux, from 203.0.113.9, as a node`);
  expect(() => say(`device approve ${wide.slice(0, 8)}`)).toThrow(/missing scope: operator.admin/);
  expect(say(`device approve ${node.slice(0, 8)}`)).toMatch(/^Let in: /);
  expect(devices.get("b".repeat(64))?.roles).toEqual(["node"]);
  expect(say(`device reject ${wide.slice(0, 8)}`)).toMatch(/^Not let in: /);
  expect(devices.get("a".repeat(64))).toBeUndefined();
  expect(() => say(`device approve ${wide.slice(0, 8)}`)).toThrow(/no device asks/);
  expect(say("device approve abc")).toMatch(/^Use /);
});
