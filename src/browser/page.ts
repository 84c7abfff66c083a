import { sleep, type Clock } from "../core/clock.ts";
import { codeOf, OpenClawError, UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { readAxNodes, type AxDocument } from "./ax-text.ts";
import type { Cdp, CdpParams } from "./cdp.ts";
import { staleRef, type ElementAt, type Tab } from "./tab.ts";

/** A tab as something that can be worked with: every call has the request's deadline and signal. */
export interface Page {
  tab: Tab;
  clock: Clock;
  signal: AbortSignal | undefined;
  /** To the tab's own target, or to the one of a frame. */
  call(method: string, params?: CdpParams, place?: string): Promise<CdpParams>;
}

export function pageOf(
  tab: Tab,
  deps: { cdp: Cdp; clock: Clock; signal: AbortSignal | undefined; timeoutMs: number },
): Page {
  const { cdp, clock, signal } = deps;
  const end = clock.monotonic() + deps.timeoutMs;
  return {
    tab,
    clock,
    signal,
    call(method, params = {}, place = tab.sessionId) {
      const left = end - clock.monotonic();
      if (tab.closed) return Promise.reject(tabGone(tab));
      return new Promise<CdpParams>((resolve, reject) => {
        // A tab that is closed leaves its questions unanswered.
        const onChange = () => tab.closed && done(() => reject(tabGone(tab)));
        const done = (finish: () => void) => {
          tab.watchers.delete(onChange);
          finish();
        };
        tab.watchers.add(onChange);
        cdp.call(method, params, { sessionId: place, signal, timeoutMs: Math.max(1, left) }).then(
          (answer) => done(() => resolve(answer)),
          (error: unknown) =>
            done(() => reject(tab.closed && codeOf(error) !== "BROWSER_GONE" ? tabGone(tab) : error)),
        );
      });
    },
  };
}

export function tabGone(tab: Tab): UserError {
  const why = tab.notes.at(-1);
  return new UserError(
    "BROWSER_TAB_UNKNOWN",
    `tab ${tab.id} was closed${why === undefined ? "" : `: ${why}`}`,
    {
      hint: "open the page again",
    },
  );
}

const settleMs = 100;
const quietMs = 40;

/**
 * Gives what was just done a moment to begin a navigation, and then waits for the document, at most `maxMs`.
 * @returns false when it was still loading then.
 */
export async function settle(page: Page, maxMs = 10_000, beginMs = settleMs): Promise<boolean> {
  const { tab, clock, signal } = page;
  const end = clock.monotonic() + maxMs;
  await sleep(clock, beginMs, signal);
  for (;;) {
    if (tab.closed) throw tabGone(tab);
    if (!tab.loading) {
      await sleep(clock, quietMs, signal);
      if (!tab.loading) return true;
    }
    const left = end - clock.monotonic();
    if (left <= 0) return false;
    await changed(page, left);
  }
}

function changed({ tab, clock, signal }: Page, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (finish: () => void) => {
      tab.watchers.delete(onChange);
      cancel();
      signal?.removeEventListener("abort", onAbort);
      finish();
    };
    const onChange = () => done(resolve);
    const onAbort = () => done(() => reject(signal?.reason as Error));
    const cancel = clock.after(ms, onChange);
    tab.watchers.add(onChange);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
  });
}

const scriptMs = 5000;

/** The value of an expression of ours in the page. What it gives is the page's word for it. */
export async function evaluate(page: Page, expression: string): Promise<unknown> {
  const answer = await page.call("Runtime.evaluate", {
    expression,
    returnByValue: true,
    awaitPromise: false,
    timeout: scriptMs,
  });
  if (isObject(answer["exceptionDetails"])) {
    throw new OpenClawError("BROWSER_TIMEOUT", "the page is too busy to be read", { retryable: true });
  }
  return isObject(answer["result"]) ? answer["result"]["value"] : undefined;
}

/** Calls a function of ours on an element. @throws UserError BROWSER_REF_UNKNOWN when it is gone. */
export async function onElement(
  page: Page,
  { element, ref }: { element: ElementAt; ref: string },
  call: { declaration: string; args?: unknown[] },
): Promise<unknown> {
  const object = await reached(
    ref,
    page.call("DOM.resolveNode", { backendNodeId: element.backendId }, element.place),
  );
  const objectId = isObject(object["object"]) ? object["object"]["objectId"] : undefined;
  const answer = await page.call(
    "Runtime.callFunctionOn",
    {
      objectId,
      functionDeclaration: call.declaration,
      arguments: (call.args ?? []).map((value) => ({ value })),
      returnByValue: true,
    },
    element.place,
  );
  return isObject(answer["result"]) ? answer["result"]["value"] : undefined;
}

/** What a stale node makes of a call, in words of refs. */
export async function reached<T>(ref: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (
      error instanceof UserError &&
      /node|object|session/i.test(error.message) &&
      error.code === "BROWSER_PAGE"
    )
      throw staleRef(ref);
    throw error;
  }
}

const maxFrames = 24;
/** Elements of a page of which a tree is made: beyond that it would be tens of megabytes. */
const maxElements = 40_000;

/** The accessibility tree of a tab with those of its frames. */
export async function readDocuments(page: Page): Promise<AxDocument> {
  let left = maxFrames;
  const elements = await evaluate(page, "document.getElementsByTagName('*').length");
  if (typeof elements === "number" && elements > maxElements) {
    throw new UserError("BROWSER_LIMIT", `the page has ${elements} elements, too many for a snapshot`, {
      hint: "read its text instead",
    });
  }
  const read = async (place: string, frameId: string, depth: number): Promise<AxDocument> => {
    const frames = new Map<number, AxDocument>();
    const document: AxDocument = {
      nodes: readAxNodes(await page.call("Accessibility.getFullAXTree", { frameId }, place)),
      frames,
      place,
    };
    if (depth >= 5) return document;
    for (const child of await childFrames(page, place, frameId)) {
      if (left-- <= 0) break;
      try {
        const owner = await page.call("DOM.getFrameOwner", { frameId: child.frameId }, place);
        const backendId = owner["backendNodeId"];
        if (typeof backendId === "number")
          frames.set(backendId, await read(child.place, child.frameId, depth + 1));
      } catch (error) {
        // A frame that went away while we looked.
        if (codeOf(error) !== "BROWSER_PAGE") throw error;
      }
    }
    return document;
  };
  return await read(page.tab.sessionId, page.tab.targetId, 0);
}

async function childFrames(
  page: Page,
  place: string,
  frameId: string,
): Promise<Array<{ place: string; frameId: string }>> {
  const tree = (await page.call("Page.getFrameTree", {}, place))["frameTree"];
  const here = find(tree, frameId);
  const inside = isObject(here) && Array.isArray(here["childFrames"]) ? here["childFrames"] : [];
  const same = inside.flatMap((child: unknown) => {
    const id = frameIdOf(child);
    return id === null ? [] : [{ place, frameId: id }];
  });
  const known = new Set(same.map((child) => child.frameId));
  const apart = [...page.tab.frames.values()]
    .filter((frame) => frame.parent === place && !known.has(frame.targetId))
    .map((frame) => ({ place: frame.sessionId, frameId: frame.targetId }));
  return [...same, ...apart];
}

function frameIdOf(tree: unknown): string | null {
  return isObject(tree) && isObject(tree["frame"]) ? String(tree["frame"]["id"]) : null;
}

function find(tree: unknown, frameId: string): unknown {
  if (frameIdOf(tree) === frameId) return tree;
  const children = isObject(tree) && Array.isArray(tree["childFrames"]) ? tree["childFrames"] : [];
  for (const child of children) {
    const hit: unknown = find(child, frameId);
    if (hit !== undefined) return hit;
  }
  return undefined;
}

/** Where an element is in the tab's viewport: the middle of what is visible of it. */
export async function pointOf(
  page: Page,
  at: { element: ElementAt; ref: string },
): Promise<{ x: number; y: number }> {
  const { element, ref } = at;
  const of = { backendNodeId: element.backendId };
  await reached(ref, page.call("DOM.scrollIntoViewIfNeeded", of, element.place)).catch((error: unknown) => {
    // What is hidden cannot be scrolled to; the next question says so in our words.
    if (codeOf(error) !== "BROWSER_PAGE" && codeOf(error) !== "BROWSER_REF_UNKNOWN") throw error;
  });
  const answer = await page.call("DOM.getContentQuads", of, element.place).catch((error: unknown) => {
    if (codeOf(error) !== "BROWSER_PAGE") throw error;
    throw /layout|compute/i.test(String(error))
      ? new UserError("BROWSER_HIDDEN", `element ${ref} is not visible`, { hint: "take a new snapshot" })
      : staleRef(ref);
  });
  const quads = Array.isArray(answer["quads"]) ? (answer["quads"] as number[][]) : [];
  const quad = quads.find((corners) => area(corners) > 1) ?? quads[0];
  if (!quad)
    throw new UserError("BROWSER_HIDDEN", `element ${ref} is not visible`, { hint: "take a new snapshot" });
  const middle = (from: number) =>
    [0, 2, 4, 6].reduce((sum, index) => sum + (quad[index + from] ?? 0), 0) / 4;
  const offset = await offsetOf(page, element.place);
  return { x: middle(0) + offset.x, y: middle(1) + offset.y };
}

/** Where the viewport of a frame with a process of its own begins in the tab's. */
async function offsetOf(page: Page, place: string): Promise<{ x: number; y: number }> {
  let x = 0;
  let y = 0;
  for (let frame = page.tab.frames.get(place); frame; frame = page.tab.frames.get(frame.parent)) {
    const owner = await page.call("DOM.getFrameOwner", { frameId: frame.targetId }, frame.parent);
    const box = await page.call("DOM.getBoxModel", { backendNodeId: owner["backendNodeId"] }, frame.parent);
    const content =
      isObject(box["model"]) && Array.isArray(box["model"]["content"]) ? box["model"]["content"] : [];
    x += Number(content[0] ?? 0);
    y += Number(content[1] ?? 0);
  }
  return { x, y };
}

function area(quad: readonly number[]): number {
  const [x1 = 0, y1 = 0, x2 = 0, , , y3 = 0] = quad;
  return Math.abs((x2 - x1) * (y3 - y1));
}
