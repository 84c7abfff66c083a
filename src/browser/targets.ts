import type { Logger } from "../core/logger.ts";
import { isObject } from "../core/json.ts";
import { quoteLabel } from "../core/untrusted.ts";
import type { Cdp, CdpEvent } from "./cdp.ts";
import type { BrowserSeat } from "./contract.ts";
import { forgetRefs, newTab, note, type Tab } from "./tab.ts";

/** A page that asks so often is closed: no answer would end it. */
const maxDialogs = 20;
const maxPopups = 5;
/** What a tab may show. Pages cannot get anywhere else by themselves; this holds if one does. */
const shownSchemes = /^(https?:|about:|blob:|data:|chrome-error:|$)/;

export interface Targets {
  tabs: Map<string, Tab>;
  onEvent(event: CdpEvent): void;
  tabOfFrame(frameId: string): Tab | undefined;
  /** A tab that was asked for, once it is set up. */
  made(targetId: string, wish: { seat: BrowserSeat; contextId: string | null }): Promise<Tab>;
  close(tab: Tab, why?: string): Promise<void>;
}

/**
 * Keeps the tabs in step with what the browser tells: new pages (asked for, or opened by pages), frames of other
 * processes, dialogs, crashes, navigations.
 */
export function createTargets(deps: {
  cdp: Cdp;
  maxTabs: () => number;
  logger: Logger;
  onClosed: (tab: Tab) => void;
}): Targets {
  const { cdp, logger } = deps;
  const tabs = new Map<string, Tab>();
  const bySession = new Map<string, Tab>();
  const wished = new Map<string, { seat: BrowserSeat; contextId: string | null; ready(tab: Tab): void }>();
  /** Attached before somebody said what for. */
  const early = new Map<string, CdpEvent>();
  let lastId = 0;

  const quietly = (work: Promise<unknown>) =>
    void work.catch((error: unknown) => logger.debug("a target went away", { error: String(error) }));
  const resume = (sessionId: string) => cdp.call("Runtime.runIfWaitingForDebugger", {}, { sessionId });
  const closeTarget = (targetId: string) => cdp.call("Target.closeTarget", { targetId }, { timeoutMs: 5000 });

  function forget(tab: Tab): void {
    if (tab.closed) return;
    tab.closed = true;
    tabs.delete(tab.targetId);
    bySession.delete(tab.sessionId);
    for (const place of tab.frames.keys()) bySession.delete(place);
    for (const watcher of tab.watchers) watcher();
    deps.onClosed(tab);
  }
  async function close(tab: Tab, why?: string): Promise<void> {
    if (why !== undefined) note(tab, why);
    forget(tab);
    await closeTarget(tab.targetId).catch((error: unknown) =>
      logger.debug("a tab was gone before it was closed", { error: String(error) }),
    );
  }

  async function setUp(tab: Tab): Promise<void> {
    const at = { sessionId: tab.sessionId };
    await Promise.all([
      cdp.call("Page.enable", {}, at),
      cdp.call(
        "Target.setAutoAttach",
        { autoAttach: true, waitForDebuggerOnStart: false, flatten: true },
        at,
      ),
      cdp.call("Emulation.setFocusEmulationEnabled", { enabled: true }, at),
      cdp.call("Page.setInterceptFileChooserDialog", { enabled: true }, at),
      resume(tab.sessionId),
    ]);
  }

  function adopt(event: CdpEvent, wish: { seat: BrowserSeat; contextId: string | null }): Tab {
    const info = infoIn(event);
    const tab = newTab({
      id: `t${++lastId}`,
      targetId: String(info["targetId"]),
      sessionId: String(event.params["sessionId"]),
      url: String(info["url"]),
      title: "",
      ...wish,
    });
    tabs.set(tab.targetId, tab);
    bySession.set(tab.sessionId, tab);
    return tab;
  }

  function attachedPage(event: CdpEvent): void {
    const info = infoIn(event);
    const targetId = String(info["targetId"]);
    const wish = wished.get(targetId);
    if (wish) {
      wished.delete(targetId);
      const tab = adopt(event, { seat: wish.seat, contextId: wish.contextId });
      return void setUp(tab).then(
        () => wish.ready(tab),
        () => wish.ready(tab),
      );
    }
    const opener = tabs.get(String(info["openerId"]));
    if (!opener) return void early.set(targetId, event);
    const address = quoteLabel(String(info["url"]), 200);
    if (opener.popups >= maxPopups || tabs.size >= deps.maxTabs()) {
      note(opener, `a page it wanted to open was closed: too many tabs`);
      return quietly(closeTarget(targetId));
    }
    opener.popups++;
    const tab = adopt(event, { seat: opener.seat, contextId: opener.contextId });
    note(opener, `it opened tab ${tab.id}${address === '""' ? "" : ` at ${address}`}`);
    quietly(setUp(tab));
  }

  function attached(event: CdpEvent): void {
    const info = infoIn(event);
    const sessionId = String(event.params["sessionId"]);
    const parent = event.sessionId === undefined ? undefined : bySession.get(event.sessionId);
    if (info["type"] === "page" && parent === undefined) return attachedPage(event);
    if (info["type"] === "iframe" && parent && event.sessionId !== undefined) {
      const targetId = String(info["targetId"]);
      parent.frames.set(sessionId, { sessionId, targetId, parent: event.sessionId });
      parent.frameIds.add(targetId);
      bySession.set(sessionId, parent);
      const at = { sessionId };
      quietly(cdp.call("Page.enable", {}, at));
      quietly(
        cdp.call(
          "Target.setAutoAttach",
          { autoAttach: true, waitForDebuggerOnStart: false, flatten: true },
          at,
        ),
      );
    }
    quietly(resume(sessionId));
  }

  function dialog(tab: Tab, event: CdpEvent): void {
    const type = String(event.params["type"]);
    const accept = type === "alert" || type === "beforeunload" || tab.acceptDialogs;
    quietly(cdp.call("Page.handleJavaScriptDialog", { accept }, { sessionId: event.sessionId }));
    const message = quoteLabel(String(event.params["message"]), 200);
    note(tab, `a dialog (${type}) said ${message} and was ${accept ? "accepted" : "dismissed"}`);
    if (++tab.dialogs > maxDialogs) quietly(close(tab, `its page opened more than ${maxDialogs} dialogs`));
  }

  function changed(tab: Tab, loading: boolean): void {
    tab.loading = loading;
    for (const watcher of tab.watchers) watcher();
  }

  function navigated(tab: Tab, frame: Record<string, unknown>): void {
    tab.frameIds.add(String(frame["id"]));
    if (frame["parentId"] !== undefined || frame["id"] !== tab.targetId) return;
    tab.url = String(frame["url"]);
    forgetRefs(tab);
    showOnly(tab);
  }

  function showOnly(tab: Tab): void {
    if (!shownSchemes.test(tab.url))
      quietly(close(tab, `it left for ${quoteLabel(tab.url, 100)}, which is not shown`));
  }

  const onPage: Record<string, (tab: Tab, event: CdpEvent) => void> = {
    "Page.javascriptDialogOpening": dialog,
    "Page.frameNavigated": (tab, { params }) =>
      void (isObject(params["frame"]) && navigated(tab, params["frame"])),
    "Page.navigatedWithinDocument": (tab, { params }) => {
      if (params["frameId"] === tab.targetId) tab.url = String(params["url"]);
    },
    "Page.frameAttached": (tab, { params }) => void tab.frameIds.add(String(params["frameId"])),
    "Page.frameDetached": (tab, { params }) => void tab.frameIds.delete(String(params["frameId"])),
    "Page.frameStartedLoading": (tab, { params }) => {
      if (params["frameId"] === tab.targetId) changed(tab, true);
    },
    "Page.frameStoppedLoading": (tab, { params }) => {
      if (params["frameId"] === tab.targetId) changed(tab, false);
    },
    "Page.fileChooserOpened": (tab) => note(tab, "it asked for a file, and got none"),
  };

  return {
    tabs,
    onEvent(event) {
      const { method, params } = event;
      if (method === "Target.attachedToTarget") return attached(event);
      if (method === "Target.detachedFromTarget") {
        const sessionId = String(params["sessionId"]);
        const tab = bySession.get(sessionId);
        if (tab?.sessionId === sessionId) return forget(tab);
        bySession.delete(sessionId);
        tab?.frames.delete(sessionId);
        return;
      }
      if (method === "Target.targetCrashed") {
        const tab = tabs.get(String(params["targetId"]));
        if (tab) quietly(close(tab, "its page crashed or ran out of memory"));
        return;
      }
      if (method === "Target.targetInfoChanged") {
        const info = infoIn(event);
        const tab = tabs.get(String(info["targetId"]));
        if (!tab) return;
        tab.title = String(info["title"]);
        tab.url = String(info["url"]);
        return showOnly(tab);
      }
      const tab = event.sessionId === undefined ? undefined : bySession.get(event.sessionId);
      if (tab) onPage[method]?.(tab, event);
    },
    tabOfFrame: (frameId) => [...tabs.values()].find((tab) => tab.frameIds.has(frameId)),
    made(targetId, wish) {
      return new Promise((ready) => {
        wished.set(targetId, { ...wish, ready });
        const event = early.get(targetId);
        early.delete(targetId);
        if (event) attachedPage(event);
      });
    },
    close,
  };
}

function infoIn(event: CdpEvent): Record<string, unknown> {
  const info = event.params["targetInfo"];
  return isObject(info) ? info : {};
}
