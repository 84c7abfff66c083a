import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { member, message, owner } from "../../test/support/ledger-values.ts";
import type { StoredPrincipal } from "../core/authority.ts";
import type { InboundMessage, QueueMode } from "./contract.ts";
import { maySteer, planLane, type LaneMessage } from "./lane-rules.ts";

const other: StoredPrincipal = { ...member, id: "webhook:a:8" };
type Change = Partial<InboundMessage>;

/** `c` collect, `f` followup, `s` steer, `i` interrupt; the sequence number is the position. */
function queue(modes: string, changes: Record<number, Change> = {}): LaneMessage[] {
  const names: Record<string, QueueMode> = { c: "collect", f: "followup", s: "steer", i: "interrupt" };
  return modes.split("").map((mode, seq) => ({
    ...message(String(seq), { mode: names[mode] ?? "followup", ...changes[seq] }),
    seq,
  }));
}
const plan = (modes: string, changes?: Record<number, Change>) => {
  const { take, superseded } = planLane(queue(modes, changes));
  return { take: take.map((m) => m.seq), ended: superseded.map((m) => m.seq) };
};
const target = { channel: "webhook", account: "a", to: "7" };

describe("the next run of an idle session", () => {
  it.each<[string, string, Record<number, Change>, number[], number[]]>([
    ["nothing waits", "", {}, [], []],
    ["followup goes alone", "ff", {}, [0], []],
    ["collect takes its neighbours", "ccc", {}, [0, 1, 2], []],
    ["collect stops at the first that must go alone", "ccfc", {}, [0, 1], []],
    ["steer without a live run starts one, and joins", "ssc", {}, [0, 1, 2], []],
    ["interrupt ends what is older and goes alone", "cfic", {}, [2], [0, 1]],
    ["the newest interrupt decides", "cicic", {}, [3], [0, 1, 2]],
    ["senders are not mixed", "ccc", { 1: { principal: member } }, [0], []],
    ["two members are not mixed", "cc", { 0: { principal: member }, 1: { principal: other } }, [0], []],
    ["reply targets are not mixed", "cc", { 1: { deliverTo: target } }, [0], []],
    [
      "the same reply target is shared",
      "cc",
      { 0: { deliverTo: target }, 1: { deliverTo: { ...target } } },
      [0, 1],
      [],
    ],
    ["options are not mixed", "cc", { 1: { options: { model: "a/b" } } }, [0], []],
    ["a client's own tools go alone", "cc", { 0: { options: { clientTools: [] } } }, [0], []],
    ["a member's interrupt spares the owner", "ci", { 1: { principal: member } }, [0], []],
    [
      "a member's interrupt ends that member's own",
      "cci",
      { 0: { principal: other }, 1: { principal: member }, 2: { principal: member } },
      [0],
      [1],
    ],
    ["the owner's interrupt ends anybody's", "ci", { 0: { principal: member } }, [1], [0]],
  ])("%s", (_, modes, changes, take, ended) => {
    expect(plan(modes, changes)).toEqual({ take, ended });
  });

  const anyQueue = fc
    .array(
      fc.record({
        mode: fc.constantFrom("c", "f", "s", "i"),
        who: fc.constantFrom(owner, member, other),
        deliverTo: fc.constantFrom(null, target),
      }),
      { maxLength: 12 },
    )
    .map((list) =>
      queue(
        list.map((one) => one.mode).join(""),
        Object.fromEntries(list.map((one, at) => [at, { principal: one.who, deliverTo: one.deliverTo }])),
      ),
    );

  it("drains every queue, each message exactly once, never mixing authority and never out of order", () => {
    fc.assert(
      fc.property(anyQueue, (all) => {
        let rest = all;
        const answered: number[] = [];
        const ended: number[] = [];
        while (rest.length > 0) {
          const { take, superseded } = planLane(rest);
          expect(take.length).toBeGreaterThan(0);
          expect(new Set(take.map((m) => `${m.principal.id} ${m.principal.owner}`)).size).toBe(1);
          for (const gone of superseded) {
            const by = all.find(
              (m) =>
                m.mode === "interrupt" &&
                m.seq > gone.seq &&
                (m.principal.owner || m.principal.id === gone.principal.id),
            );
            expect(by).toBeDefined();
          }
          answered.push(...take.map((m) => m.seq));
          ended.push(...superseded.map((m) => m.seq));
          const done = new Set([...take, ...superseded]);
          rest = rest.filter((m) => !done.has(m));
        }
        expect([...answered, ...ended].sort((a, b) => a - b)).toEqual(all.map((m) => m.seq));
        expect(answered).toEqual(answered.toSorted((a, b) => a - b));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("steering into a live run", () => {
  const run = queue("f")[0];
  const newcomer = (change: Change) => ({ ...message("n", { mode: "steer", ...change }), seq: 9 });
  it.each<[string, Change, Change, boolean]>([
    ["same sender", {}, {}, true],
    ["another mode", {}, { mode: "collect" }, false],
    ["less authority than the run", {}, { principal: member }, false],
    ["more authority than the run", { principal: member }, {}, true],
    ["another member", { principal: member }, { principal: other }, false],
    ["wants its reply elsewhere", {}, { deliverTo: target }, false],
    ["wants no reply outside", { deliverTo: target }, {}, true],
    ["a run with a client's own conversation", { options: { history: [] } }, {}, false],
    ["a heartbeat", { options: { aside: { ackMaxChars: 300, reasoning: false } } }, {}, false],
    [
      "fewer scopes than the run",
      { principal: { ...owner, scopes: ["operator.read", "operator.write"] } },
      { principal: { ...owner, scopes: ["operator.read"] } },
      false,
    ],
  ])("%s", (_, ofRun, ofNewcomer, expected) => {
    if (!run) throw new Error("no run");
    expect(maySteer({ ...run, ...ofRun }, newcomer(ofNewcomer))).toBe(expected);
  });
});
