import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { manualClock } from "../../../test/support/manual-clock.ts";
import { scopes as allScopes, type Principal, type Scope } from "../../core/authority.ts";
import { openDeviceStore } from "./store.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function open(setup?: (devicesDir: string) => void) {
  const home = mkdtempSync(join(tmpdir(), "openclaw-devices-"));
  folders.push(home);
  const devicesDir = join(home, "devices");
  if (setup) {
    mkdirSync(devicesDir);
    setup(devicesDir);
  }
  const clock = manualClock();
  return { devicesDir, clock, store: openDeviceStore({ devicesDir, clock }) };
}

function principal(id: string, scopes: readonly Scope[]): Principal {
  return {
    kind: "operator",
    id,
    role: "operator",
    scopes: new Set(scopes),
    owner: scopes.includes("operator.admin"),
  };
}
const admin = principal("admin", ["operator.admin"]);
const ask = (deviceId: string, scopes: readonly string[], role: "operator" | "node" = "operator") => ({
  deviceId,
  publicKey: `key-${deviceId}`,
  role,
  scopes,
});

describe("the device store", () => {
  it("calls a device what its owner or an admin says, across a restart", () => {
    const { store, devicesDir, clock } = open();
    store.pairFirst(ask("d1", ["operator.read"]));
    store.rename("d1", "kitchen tablet", admin);
    expect(openDeviceStore({ devicesDir, clock }).get("d1")?.displayName).toBe("kitchen tablet");
    store.rename("d1", "my tablet", principal("d1", ["operator.pairing"]));
    expect(store.get("d1")?.displayName).toBe("my tablet");
    expect(() => store.rename("d1", "x", principal("d2", ["operator.pairing"]))).toThrow(/missing scope/);
    expect(() => store.rename("gone", "x", admin)).toThrow(/unknown deviceId/);
  });

  it("keeps what it was told in the earlier product's files, private, across a restart", () => {
    const { store, devicesDir, clock } = open();
    store.pairFirst(ask("d1", ["operator.read"]));
    const token = store.ensureToken({ deviceId: "d1", role: "operator", scopes: ["operator.read"] });
    const { request } = store.request(ask("d2", ["operator.admin"]));
    const paired = JSON.parse(readFileSync(join(devicesDir, "paired.json"), "utf8")) as Record<
      string,
      unknown
    >;
    expect(paired).toMatchObject({
      d1: { deviceId: "d1", roles: ["operator"], tokens: { operator: { token: token.token } } },
    });
    expect(statSync(join(devicesDir, "paired.json")).mode & 0o777).toBe(0o600);
    const again = openDeviceStore({ devicesDir, clock });
    expect(
      again.checkToken({ deviceId: "d1", role: "operator", token: token.token, scopes: [] }),
    ).not.toBeNull();
    expect(again.pending()).toMatchObject([{ requestId: request.requestId, deviceId: "d2" }]);
  });

  it("reads a file of the earlier product and keeps members it does not know", () => {
    const { store, devicesDir } = open((folder) => {
      const legacy = {
        d1: {
          deviceId: "d1",
          publicKey: "k",
          role: "operator",
          scopes: ["operator.admin"],
          tokens: {
            operator: {
              token: "ab".repeat(16),
              role: "operator",
              scopes: ["operator.admin"],
              createdAtMs: 1,
            },
          },
          createdAtMs: 1,
          approvedAtMs: 1,
          later: { kept: true },
        },
      };
      writeFileSync(join(folder, "paired.json"), JSON.stringify(legacy));
    });
    expect(store.get("d1")).toMatchObject({ roles: ["operator"] });
    store.pairFirst(ask("d2", []));
    expect(readFileSync(join(devicesDir, "paired.json"), "utf8")).toContain('"kept": true');
  });

  it.each(["{", "[]", '{"d1":{"deviceId":"d1"}}'])("refuses to open over %s and leaves it alone", (text) => {
    let file = "";
    expect(() =>
      open((folder) => {
        file = join(folder, "paired.json");
        writeFileSync(file, text);
      }),
    ).toThrow(/paired\.json cannot be understood/);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("forgets a request after five minutes and holds at most a hundred", () => {
    const { store, clock } = open();
    const { request } = store.request(ask("d1", []));
    clock.advance(300_001);
    expect(() => store.approve(request.requestId, admin)).toThrow(/unknown requestId/);
    for (let i = 0; i < 100; i++) store.request(ask(`x${i}`, []));
    expect(() => store.request(ask("one more", []))).toThrow(/waiting already/);
  });

  it("lets nobody approve, rotate or manage beyond what they hold", () => {
    const { store } = open();
    const pairing = principal("p", ["operator.pairing", "operator.read"]);
    const { request } = store.request(ask("d1", ["operator.admin"]));
    expect(() => store.approve(request.requestId, pairing)).toThrow("missing scope: operator.admin");
    store.approve(request.requestId, admin);
    expect(() => store.rotate({ deviceId: "d1", role: "operator" }, pairing)).toThrow(
      "missing scope: operator.admin",
    );
    expect(() => store.revoke({ deviceId: "d1", role: "operator" }, pairing)).toThrow(
      "missing scope: operator.admin",
    );
    store.pairFirst(ask("p", ["operator.pairing"]));
    expect(() =>
      store.rotate({ deviceId: "p", role: "operator", scopes: ["operator.read"] }, pairing),
    ).toThrow(/missing scope/);
    expect(() => store.pairFirst(ask("p", ["operator.admin"]))).toThrow(/never widened/);
    expect(
      store.rotate({ deviceId: "p", role: "operator", scopes: ["operator.pairing"] }, pairing).token,
    ).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe("law: no sequence of calls yields more than somebody who held it granted", () => {
  const ids = ["a", "b", "c"];
  const scope = fc.constantFrom(...allScopes);
  const some = fc.uniqueArray(scope, { maxLength: 5 });
  const call = fc.oneof(
    fc.record({
      do: fc.constant("request" as const),
      id: fc.constantFrom(...ids),
      scopes: some,
      role: fc.constantFrom("operator" as const, "node" as const),
    }),
    fc.record({ do: fc.constant("approve" as const), by: fc.constantFrom(...ids), which: fc.nat(3) }),
    fc.record({
      do: fc.constant("rotate" as const),
      by: fc.constantFrom(...ids),
      id: fc.constantFrom(...ids),
      scopes: fc.option(some, { nil: undefined }),
    }),
    fc.record({
      do: fc.constant("revoke" as const),
      by: fc.constantFrom(...ids),
      id: fc.constantFrom(...ids),
    }),
    fc.record({ do: fc.constant("ensure" as const), id: fc.constantFrom(...ids), scopes: some }),
  );

  it("holds for any calls of devices that began without admin", () => {
    const start = fc.record({ a: some, b: some, c: some });
    fc.assert(
      fc.property(start, fc.array(call, { maxLength: 30 }), (given, calls) => {
        const { store } = open();
        const held = new Set<string>();
        for (const id of ids) {
          const scopes = given[id as "a"].filter((name) => name !== "operator.admin");
          for (const name of scopes) held.add(name);
          store.pairFirst(ask(id, scopes));
        }
        for (const step of calls) {
          try {
            // What a device's principal holds is what its token and record say at that moment.
            const who = (id: string) => principal(id, (store.get(id)?.scopes ?? []) as Scope[]);
            if (step.do === "request") store.request(ask(step.id, step.scopes, step.role));
            if (step.do === "approve")
              store.approve(store.pending()[step.which]?.requestId ?? "none", who(step.by));
            if (step.do === "rotate")
              store.rotate({ deviceId: step.id, role: "operator", scopes: step.scopes }, who(step.by));
            if (step.do === "revoke") store.revoke({ deviceId: step.id, role: "operator" }, who(step.by));
            if (
              step.do === "ensure" &&
              store.covers({ deviceId: step.id, role: "operator", scopes: step.scopes })
            )
              store.ensureToken({ deviceId: step.id, role: "operator", scopes: step.scopes });
          } catch (error) {
            expect(String(error)).toMatch(/missing scope|unknown|has no token/);
          }
          for (const device of store.paired()) {
            expect([...device.scopes].filter((name) => !held.has(name))).toEqual([]);
            for (const token of Object.values(device.tokens)) {
              expect(token.scopes.filter((name) => !device.scopes.includes(name))).toEqual([]);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
