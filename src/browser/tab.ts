import { UserError } from "../core/errors.ts";
import type { BrowserSeat, TabInfo } from "./contract.ts";

/** An element of a page: which of the tab's targets knows it, and by which number. */
export interface ElementAt {
  /** CDP session of the document's process. */
  place: string;
  backendId: number;
}

/** A frame that lives in a process of its own. */
export interface FrameTarget {
  sessionId: string;
  /** Equal to its frame id. */
  targetId: string;
  parent: string;
}

/** What is remembered about one tab. */
export interface Tab {
  id: string;
  targetId: string;
  sessionId: string;
  contextId: string | null;
  seat: BrowserSeat;
  url: string;
  title: string;
  /** Ids of every frame seen in it. */
  frameIds: Set<string>;
  /** By session id. */
  frames: Map<string, FrameTarget>;
  /** Refs are given once and never again, so that an old one cannot mean another element. */
  refs: Map<string, ElementAt>;
  refOf: Map<string, string>;
  lastRef: number;
  /** What happened besides what was asked, until the next answer tells it. */
  notes: string[];
  loading: boolean;
  /** Since the last navigation of ours. */
  dialogs: number;
  acceptDialogs: boolean;
  popups: number;
  /** Waiting for `loading` to change. */
  watchers: Set<() => void>;
  closed: boolean;
}

const maxNotes = 12;
const maxRefs = 20_000;

export function newTab(
  fixed: Pick<Tab, "id" | "targetId" | "sessionId" | "contextId" | "seat" | "url" | "title">,
): Tab {
  return {
    ...fixed,
    frameIds: new Set([fixed.targetId]),
    frames: new Map(),
    refs: new Map(),
    refOf: new Map(),
    lastRef: 0,
    notes: [],
    loading: false,
    dialogs: 0,
    acceptDialogs: false,
    popups: 0,
    watchers: new Set(),
    closed: false,
  };
}

export function note(tab: Tab, line: string): void {
  if (tab.notes.length < maxNotes && tab.notes.at(-1) !== line) tab.notes.push(line);
}

export function takeNotes(tab: Tab): string[] {
  return tab.notes.splice(0);
}

/** The ref of an element: the same one as long as the document stands. */
export function refFor(tab: Tab, element: ElementAt): string {
  const key = `${element.place}:${element.backendId}`;
  const known = tab.refOf.get(key);
  if (known !== undefined) return known;
  if (tab.refs.size >= maxRefs) forgetRefs(tab);
  const ref = `e${++tab.lastRef}`;
  tab.refOf.set(key, ref);
  tab.refs.set(ref, element);
  return ref;
}

/** @throws UserError BROWSER_REF_UNKNOWN */
export function elementOf(tab: Tab, ref: string): ElementAt {
  const element = tab.refs.get(ref.trim().replace(/^\[(.*)\]$/, "$1"));
  if (element) return element;
  throw staleRef(ref);
}

export function staleRef(ref: string): UserError {
  return new UserError(
    "BROWSER_REF_UNKNOWN",
    `there is no element ${JSON.stringify(ref.slice(0, 40))} on this page (any more)`,
    {
      hint: "take a new snapshot and use a ref of it",
    },
  );
}

export function forgetRefs(tab: Tab): void {
  tab.refs.clear();
  tab.refOf.clear();
}

export function infoOf(tab: Tab, active: boolean): TabInfo {
  return { id: tab.id, url: tab.url, title: tab.title, active, session: tab.seat.session };
}

export function sameSeat(a: BrowserSeat, b: BrowserSeat): boolean {
  return a.session === b.session && a.owner === b.owner;
}
