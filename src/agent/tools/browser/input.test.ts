import { expect, it } from "vitest";
import { actOf, browserEffect, browserInput } from "./input.ts";

const parse = (input: object) => browserInput.parse(input);

it("keeps looking, going and acting apart: only looking is done again after a crash", () => {
  const effects = Object.fromEntries(
    browserInput.shape.action.options.map((action) => [action, browserEffect(parse({ action }))]),
  );
  expect(effects).toEqual({
    open: "network",
    navigate: "network",
    back: "network",
    snapshot: "read",
    text: "read",
    screenshot: "read",
    tabs: "read",
    wait: "read",
    click: "write",
    type: "write",
    press: "write",
    select: "write",
    hover: "write",
    scroll: "write",
    focus: "write",
    close: "write",
  });
});

it.each([
  [{ action: "click" }, "click needs ref"],
  [{ action: "type", ref: "e1" }, "type needs text"],
  [{ action: "press" }, "press needs key"],
  [{ action: "select", ref: "e1" }, "select needs values"],
])("%j says what is missing", (input, message) => expect(() => actOf(parse(input))).toThrow(message));

it("takes nothing it does not know", () => {
  expect(browserInput.safeParse({ action: "evaluate", expression: "1" }).success).toBe(false);
  expect(browserInput.safeParse({ action: "click", ref: "e1", script: "x" }).success).toBe(false);
  expect(actOf(parse({ action: "type", ref: "e1", text: "", submit: true }))).toMatchObject({
    kind: "type",
    text: "",
  });
  expect(actOf(parse({ action: "tabs" }))).toBeNull();
});
