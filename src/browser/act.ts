import { sleep } from "../core/clock.ts";
import { UserError } from "../core/errors.ts";
import type { PageAct } from "./contract.ts";
import { parseKey } from "./keys.ts";
import { evaluate, onElement, pointOf, reached, settle, tabGone, type Page } from "./page.ts";
import { elementOf } from "./tab.ts";

/** How long a page may take over one thing we ask of it before the answer says that it is still at work. */
const pollMs = 100;
const maxWaitMs = 60_000;

/** Does one thing in a page and waits until it settled. */
export async function performAct(page: Page, act: PageAct): Promise<void> {
  switch (act.kind) {
    case "click":
      await click(page, act);
      break;
    case "hover": {
      const { x, y } = await pointOf(page, { element: elementOf(page.tab, act.ref), ref: act.ref });
      await mouse(page, { type: "mouseMoved", x, y });
      break;
    }
    case "type":
      await type(page, act);
      break;
    case "press":
      await press(page, act.key);
      break;
    case "select":
      await select(page, act);
      break;
    case "scroll":
      await scroll(page, act);
      break;
    case "wait":
      return await wait(page, act);
  }
  await settle(page);
}

function mouse(page: Page, event: Record<string, unknown>): Promise<unknown> {
  return page.call("Input.dispatchMouseEvent", event);
}

/** In the page: what would get the click instead, as a few words; empty when it is the element itself. */
const coveredBy = `function () {
  const box = [...this.getClientRects()].find((each) => each.width * each.height > 1) ?? this.getBoundingClientRect();
  const hit = this.getRootNode().elementFromPoint?.(box.x + box.width / 2, box.y + box.height / 2);
  if (!hit || hit === this || this.contains(hit) || hit.contains(this)) return "";
  const label = this.closest?.("label") ?? (this.labels ? [...this.labels].find((each) => each.contains(hit)) : null);
  if (label && label.contains(hit)) return "";
  return (hit.tagName + " " + (hit.getAttribute("aria-label") ?? hit.textContent ?? "")).slice(0, 80);
}`;

async function click(page: Page, act: Extract<PageAct, { kind: "click" }>): Promise<void> {
  const at = { element: elementOf(page.tab, act.ref), ref: act.ref };
  const { x, y } = await pointOf(page, at);
  const cover = await onElement(page, at, { declaration: coveredBy });
  if (typeof cover === "string" && cover !== "") {
    throw new UserError(
      "BROWSER_HIDDEN",
      `element ${act.ref} is covered by ${JSON.stringify(cover.trim())}`,
      {
        hint: "close what covers it, or scroll; then take a new snapshot",
      },
    );
  }
  const button = act.button ?? "left";
  await mouse(page, { type: "mouseMoved", x, y });
  for (let clickCount = 1; clickCount <= (act.double ? 2 : 1); clickCount++) {
    await mouse(page, { type: "mousePressed", x, y, button, clickCount });
    await mouse(page, { type: "mouseReleased", x, y, button, clickCount });
  }
}

const selectContent = `function () {
  if (this.isContentEditable) { getSelection().selectAllChildren(this); return "text"; }
  if (!("value" in this)) return "";
  if (/^(date|time|month|week|datetime-local|color|range)$/.test(this.type)) return "value";
  this.select?.();
  return "text";
}`;
const setValue = `function (value) {
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  set.call(this, value);
  this.dispatchEvent(new Event("input", { bubbles: true }));
  this.dispatchEvent(new Event("change", { bubbles: true }));
}`;

async function type(page: Page, act: Extract<PageAct, { kind: "type" }>): Promise<void> {
  const at = { element: elementOf(page.tab, act.ref), ref: act.ref };
  const { backendId, place } = at.element;
  await reached(act.ref, page.call("DOM.focus", { backendNodeId: backendId }, place)).catch(
    (error: unknown) => {
      if (error instanceof UserError && error.code === "BROWSER_PAGE")
        throw new UserError("BROWSER_HIDDEN", `element ${act.ref} takes no text`, {
          hint: "use a ref of a textbox",
        });
      throw error;
    },
  );
  const kind = await onElement(page, at, {
    declaration: act.append ? "function () { return 'text' }" : selectContent,
  });
  if (kind === "")
    throw new UserError("BROWSER_HIDDEN", `element ${act.ref} takes no text`, {
      hint: "use a ref of a textbox",
    });
  if (kind === "value") await onElement(page, at, { declaration: setValue, args: [act.text] });
  else if (act.text === "") {
    if (!act.append) await press(page, "Delete");
  } else {
    if (act.append) await press(page, "End");
    await page.call("Input.insertText", { text: act.text });
  }
  if (act.submit) await press(page, "Enter");
}

async function press(page: Page, key: string): Promise<void> {
  const stroke = parseKey(key);
  const { modifiers, text, code, keyCode } = stroke;
  const event = {
    key: stroke.key,
    code,
    windowsVirtualKeyCode: keyCode,
    nativeVirtualKeyCode: keyCode,
    modifiers,
  };
  // Shortcuts of the editor do not come from key codes alone.
  const commands = modifiers & 6 && stroke.key.toLowerCase() === "a" ? { commands: ["selectAll"] } : {};
  await page.call("Input.dispatchKeyEvent", {
    type: text === "" ? "rawKeyDown" : "keyDown",
    ...event,
    ...(text === "" ? {} : { text, unmodifiedText: text }),
    ...commands,
  });
  await page.call("Input.dispatchKeyEvent", { type: "keyUp", ...event });
}

const choose = `function (wanted) {
  if (!(this instanceof HTMLSelectElement)) return { error: "no list to choose from" };
  const fits = (option) => wanted.includes(option.value) || wanted.includes(option.label.trim()) || wanted.includes(option.text.trim());
  const found = [...this.options].filter((option) => !option.disabled && fits(option));
  if (found.length < wanted.length) return { error: "there is no such choice; there are: " + [...this.options].slice(0, 50).map((option) => option.label.trim()).join(", ").slice(0, 600) };
  if (!this.multiple && found.length > 1) found.length = 1;
  for (const option of this.options) option.selected = found.includes(option);
  this.dispatchEvent(new Event("input", { bubbles: true }));
  this.dispatchEvent(new Event("change", { bubbles: true }));
  return {};
}`;

async function select(page: Page, act: Extract<PageAct, { kind: "select" }>): Promise<void> {
  const answer = await onElement(
    page,
    { element: elementOf(page.tab, act.ref), ref: act.ref },
    { declaration: choose, args: [act.values] },
  );
  const { error } = (answer ?? {}) as { error?: unknown };
  if (typeof error === "string") throw new UserError("BROWSER_CHOICE", `element ${act.ref}: ${error}`);
}

async function scroll(page: Page, act: Extract<PageAct, { kind: "scroll" }>): Promise<void> {
  const { x, y } = act.ref
    ? await pointOf(page, { element: elementOf(page.tab, act.ref), ref: act.ref })
    : { x: 640, y: 400 };
  await mouse(page, { type: "mouseWheel", x, y, deltaX: 0, deltaY: act.direction === "down" ? 650 : -650 });
}

async function wait(page: Page, act: Extract<PageAct, { kind: "wait" }>): Promise<void> {
  const { clock, signal, tab } = page;
  const within = Math.min(act.ms ?? 15_000, maxWaitMs);
  const conditions = [act.text, act.textGone, act.url].filter((each) => each !== undefined);
  if (conditions.length === 0) return await sleep(clock, within, signal);
  const end = clock.monotonic() + within;
  for (;;) {
    if (tab.closed) throw tabGone(tab);
    if (act.url !== undefined && tab.url.includes(act.url)) return;
    for (const [text, there] of [
      [act.text, true],
      [act.textGone, false],
    ] as const) {
      if (text === undefined) continue;
      const found = await evaluate(
        page,
        `(document.body?.innerText ?? "").includes(${JSON.stringify(text)})`,
      );
      if (found === there) return;
    }
    if (clock.monotonic() >= end) {
      throw new UserError(
        "BROWSER_WAIT",
        `it did not come within ${within / 1000} s: ${JSON.stringify(conditions.join(", ").slice(0, 200))}`,
        {
          hint: "take a snapshot to see what is there instead",
        },
      );
    }
    await sleep(clock, pollMs, signal);
  }
}
