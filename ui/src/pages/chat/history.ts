import { call } from "../../gateway/connection.ts";
import type { HistoryPage, WireMessage } from "./wire.ts";

const pageSize = 100;
/** Pages kept in memory: a conversation of a hundred thousand messages costs as much as one of five hundred. */
const maxPages = 5;

interface LoadedPage {
  messages: WireMessage[];
  /** Cursor this page was asked with; undefined for the newest. */
  before: number | undefined;
  older: number | null;
}

/** A window on a conversation: some pages of it, one after another, oldest first. */
export interface HistoryWindow {
  sessionKey: string;
  pages: readonly LoadedPage[];
  /** Cursors of the pages after the window that were let go, the nearest last. */
  newer: ReadonlyArray<number | undefined>;
}

async function fetchPage(sessionKey: string, before: number | undefined): Promise<LoadedPage> {
  const { messages, older = null } = await call<HistoryPage>("chat.history", {
    sessionKey,
    limit: pageSize,
    ...(before === undefined ? {} : { before }),
  });
  return { messages, before, older };
}

/** The window on the end of a conversation. */
export async function openHistory(sessionKey: string): Promise<HistoryWindow> {
  return { sessionKey, pages: [await fetchPage(sessionKey, undefined)], newer: [] };
}

/** What came since the window was opened, joined to what is in it. Leaves a window alone that looks at older pages. */
export async function refreshNewest(window: HistoryWindow): Promise<HistoryWindow> {
  if (window.newer.length > 0) return window;
  const newest = await fetchPage(window.sessionKey, undefined);
  const old = window.pages.at(-1);
  const first = newest.messages[0];
  const joint =
    old?.messages.findIndex((message) => message.id !== undefined && message.id === first?.id) ?? -1;
  // Pages overlap unless more came than one page holds: then the window starts anew at the end.
  if (!old || joint < 0) return { ...window, pages: [newest] };
  const messages = [...old.messages.slice(0, joint), ...newest.messages];
  return { ...window, pages: [...window.pages.slice(0, -1), { ...newest, messages, older: old.older }] };
}

export const hasOlder = (window: HistoryWindow): boolean => (window.pages[0]?.older ?? null) !== null;
export const hasNewer = (window: HistoryWindow): boolean => window.newer.length > 0;

/** One page further back; the newest is let go when the window is full. */
export async function loadOlder(window: HistoryWindow): Promise<HistoryWindow> {
  const older = window.pages[0]?.older ?? null;
  if (older === null) return window;
  const page = await fetchPage(window.sessionKey, older);
  const pages = [page, ...window.pages];
  const dropped = pages.length > maxPages ? pages.at(-1) : undefined;
  return {
    ...window,
    pages: dropped ? pages.slice(0, -1) : pages,
    newer: dropped ? [...window.newer, dropped.before] : window.newer,
  };
}

/** One page further forward; the oldest is let go when the window is full. */
export async function loadNewer(window: HistoryWindow): Promise<HistoryWindow> {
  if (window.newer.length === 0) return window;
  const page = await fetchPage(window.sessionKey, window.newer.at(-1));
  const pages = [...window.pages, page];
  return {
    ...window,
    pages: pages.length > maxPages ? pages.slice(1) : pages,
    newer: window.newer.slice(0, -1),
  };
}

/** Every message of the window, once. */
export function messagesOf(window: HistoryWindow): WireMessage[] {
  const seen = new Set<string>();
  return window.pages.flatMap(({ messages }) =>
    messages.filter(({ id, role, toolCallId }) => {
      if (id === undefined) return true;
      const name = `${id} ${role} ${toolCallId ?? ""}`;
      if (seen.has(name)) return false;
      seen.add(name);
      return true;
    }),
  );
}

/** Every message of a conversation, oldest first. */
export async function allMessages(sessionKey: string): Promise<WireMessage[]> {
  const pages: WireMessage[][] = [];
  let before: number | undefined;
  do {
    const page = await fetchPage(sessionKey, before);
    pages.push(page.messages);
    before = page.older ?? undefined;
  } while (before !== undefined);
  return pages.reverse().flat();
}
