import { afterEach, beforeEach, expect, it } from "vitest";
import { manualClock, type ManualClock } from "../../test/support/manual-clock.ts";
import { watchEndings, type Endings } from "./endings.ts";

let clock: ManualClock;
let endings: Endings;
let hurried: boolean;
beforeEach(() => {
  clock = manualClock();
  endings = watchEndings(clock);
  hurried = false;
  void endings.hurried.then(() => (hurried = true));
});
afterEach(() => endings.dispose());

const signal = async () => {
  process.emit("SIGINT", "SIGINT");
  await Promise.resolve();
};

it("takes a signal that a wrapper passes on, after the terminal gave it to all, for the one key press it was", async () => {
  await signal();
  expect(await endings.next()).toMatchObject({ kind: "stop", reason: "SIGINT" });
  clock.advance(60);
  await signal();
  expect(hurried).toBe(false);
  // The copies of a later key press are not copies of the first.
  clock.advance(900);
  await signal();
  expect(hurried).toBe(true);
});

it("a stop outranks a restart, at once and without hurry", async () => {
  endings.ask({ kind: "restart", reason: "asked" });
  await signal();
  expect(await endings.next()).toMatchObject({ kind: "stop", reason: "SIGINT" });
  expect(await endings.next()).toMatchObject({ kind: "stop", reason: "SIGINT" });
  expect(hurried).toBe(false);
});
