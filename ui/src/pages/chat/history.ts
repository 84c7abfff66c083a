import { call } from "../../gateway/connection.ts";
import type { HistoryPage, WireMessage } from "./wire.ts";

const pageSize = 100;
/** Pages kept in memory: a conversation of a hundred thousand messages costs as much as one of five hundred. */
const maxPages = 5;

/** What a page is asked for with: what comes before a place, or from one on; neither is the newest. */
interface Cursor {
  before?: number;
  from?: number;
}

interface LoadedPage {
  messages: WireMessage[];
  asked: Cursor;
  older: number | null;
}

/** A window on a conversation: some pages of it, one after another, oldest first. */
export interface HistoryWindow {
  sessionKey: string;
  pages: readonly LoadedPage[];
  /** Of the pages after the window, the nearest last. */
  newer: readonly Cursor[];
}

async function fetchPage(sessionKey: string, asked: Cursor): Promise<LoadedPage & { newer: number | null }> {
  const {
    messages,
    older = null,
    newer = null,
  } = await call<HistoryPage>("chat.history", {
    sessionKey,
    limit: pageSize,
    ...asked,
  });
  return { messages, asked, older, newer };
}

/** The window on the end of a conversation. */
export async function openHistory(sessionKey: string): Promise<HistoryWindow> {
  return { sessionKey, pages: [await fetchPage(sessionKey, {})], newer: [] };
}

/** The window around the entry at a place (`at` of a hit). */
export async function openAround(sessionKey: string, at: number): Promise<HistoryWindow> {
  if (at === Number.MAX_SAFE_INTEGER) return openHistory(sessionKey);
  const [above, below] = await Promise.all([
    fetchPage(sessionKey, { before: at }),
    fetchPage(sessionKey, { from: at }),
  ]);
  return { sessionKey, pages: [above, below], newer: below.newer === null ? [] : [{ from: below.newer }] };
}

/** What came since the window was opened, joined to what is in it. Leaves a window alone that looks at older pages. */
export async function refreshNewest(window: HistoryWindow): Promise<HistoryWindow> {
  if (window.newer.length > 0) return window;
  const newest = await fetchPage(window.sessionKey, {});
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
  const page = await fetchPage(window.sessionKey, { before: older });
  const pages = [page, ...window.pages];
  const dropped = pages.length > maxPages ? pages.at(-1) : undefined;
  return {
    ...window,
    pages: dropped ? pages.slice(0, -1) : pages,
    newer: dropped ? [...window.newer, placeOf(dropped)] : window.newer,
  };
}

/** Where a page begins: from there on it is found again, however much was said since. */
const placeOf = ({ asked, older }: LoadedPage): Cursor =>
  older === null || older === Number.MAX_SAFE_INTEGER ? asked : { from: older };

/** One page further forward; the oldest is let go when the window is full. */
export async function loadNewer(window: HistoryWindow): Promise<HistoryWindow> {
  const asked = window.newer.at(-1);
  if (asked === undefined) return window;
  const page = await fetchPage(window.sessionKey, asked);
  const pages = [...window.pages, page];
  return {
    ...window,
    pages: pages.length > maxPages ? pages.slice(1) : pages,
    // At the last page that is known a place says where the next begins, if there is one.
    newer:
      window.newer.length === 1 && page.newer !== null ? [{ from: page.newer }] : window.newer.slice(0, -1),
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
    const page = await fetchPage(sessionKey, before === undefined ? {} : { before });
    pages.push(page.messages);
    before = page.older ?? undefined;
  } while (before !== undefined);
  return pages.reverse().flat();
}
