import { expect } from "vitest";
import { silentLogger } from "../../src/core/logger.ts";
import type { CaseRuns } from "./conformance.ts";
import { talks } from "./cases-faults.ts";

const signal = new AbortController().signal;

export const lifeCases: CaseRuns = {
  async probe(rig) {
    const good = await rig.time.during("the probe", rig.running().probe(signal));
    expect(good).toMatchObject({ ok: true, state: "connected" });
    rig.fault("cut")(true);
    const bad = await rig.time.during("the probe", rig.running().probe(signal));
    expect(bad).toMatchObject({ ok: false, state: "disconnected" });
    expect(bad.error ?? "").not.toBe("");
    rig.fault("cut")(false);
  },
  async evidence(rig) {
    const before = { ...rig.proofs };
    await talks(rig, "prove it");
    await rig.time.until("sending to be proved", () => rig.proofs.send > before.send);
    expect(rig.proofs.receive).toBeGreaterThan(0);
    const { silenceMs } = rig.manifest.capabilities;
    if (!Number.isFinite(silenceMs)) return;
    // Nobody writes, and still it is known that somebody could.
    for (let round = 0; round < 2; round++) {
      const proved = rig.proofs.receive;
      await rig.time.until("another proof of receiving", () => rig.proofs.receive > proved, silenceMs);
    }
  },
  async accounts(rig) {
    const { manifest, double, time } = rig;
    const [first, second] = [double.account("default"), double.account("second")];
    expect(second).not.toEqual(first);
    const one = manifest.exclusive(first, "/one");
    if (one !== null) {
      expect(manifest.exclusive(first, "/one")).toBe(one);
      expect(manifest.exclusive(second, "/two")).not.toBe(one);
    }
    expect(time.now()).toBeGreaterThan(0);
    for (const config of [first, second]) expect(manifest.check(config)).toEqual([]);
  },
  async stop(rig) {
    const running = rig.running();
    await talks(rig, "before");
    await rig.time.during("stopping", running.stop(), 30_000);
    await rig.time.during("stopping again", running.stop(), 30_000);
    const known = rig.events.length;
    // The port is the gateway's: it no longer hands on what comes for an account that was stopped.
    if (rig.manifest.capabilities.can.includes("webhook")) return;
    await rig.double.say({ by: "alice", place: "direct", text: "too late" });
    // Not for so long that the host takes the account for deaf and starts it anew.
    await rig.time.pass(Math.min(10 * 60_000, rig.manifest.capabilities.silenceMs / 2));
    expect(rig.events.length).toBe(known);
  },
  async "bad-config"(rig) {
    const { manifest } = rig;
    for (const { key, optional } of manifest.credentials) {
      if (optional) continue;
      const { [key]: _gone, ...config } = rig.double.account("default");
      expect(manifest.check(config).map((problem) => problem.key)).toContain(key);
    }
    expect(manifest.check(rig.double.account("default"))).toEqual([]);
    if (manifest.credentials.every((each) => each.optional)) return;
    const channel = await manifest.load();
    const starting = channel.start({
      account: "broken",
      config: {},
      dir: "/nonexistent",
      store: { get: () => undefined, set: () => Promise.resolve() },
      clock: rig.time,
      logger: silentLogger,
      signal,
      fence: 1,
      receive: () => Promise.resolve({ accepted: true, duplicate: false }),
      proved: () => {},
      trouble: () => {},
    });
    await expect(rig.time.during("the refusal", starting)).rejects.toMatchObject({
      code: expect.stringMatching(/^[A-Z_]+$/) as string,
    });
  },
};
