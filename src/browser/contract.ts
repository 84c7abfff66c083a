/** What the browser may do and hold, from the configuration. */
export interface BrowserSettings {
  /** Absolute path of the program; found by itself when undefined. */
  executablePath: string | undefined;
  headless: boolean;
  /** Without the browser's own sandbox, which it refuses to use as root. */
  noSandbox: boolean;
  /** Exact private origins that pages may be loaded from. */
  allowPrivateOrigins: readonly string[];
  /** Tabs of all sessions together. */
  maxTabs: number;
  /** Milliseconds without a request after which the browser is closed. */
  idleMs: number;
  /** Megabytes of all its processes together after which it is closed. */
  maxMemoryMb: number;
  /** Bytes of one download. */
  maxDownloadBytes: number;
}

/** Whose tabs are meant. Somebody else in the same conversation does not see the owner's tabs (and logins). */
export interface BrowserSeat {
  /** Canonical session key, or `operator` for the control plane. */
  session: string;
  /** Owners share the profile on disk; everybody else gets cookies of their own, gone with the last tab. */
  owner: boolean;
}

/** Something done in a page; `ref` names an element of a snapshot of its tab. */
export type PageAct =
  | { kind: "click"; ref: string; double?: boolean | undefined; button?: "left" | "right" | undefined }
  | { kind: "type"; ref: string; text: string; submit?: boolean | undefined; append?: boolean | undefined }
  | { kind: "press"; key: string }
  | { kind: "select"; ref: string; values: string[] }
  | { kind: "hover"; ref: string }
  | { kind: "scroll"; direction: "up" | "down"; ref?: string | undefined }
  | {
      kind: "wait";
      text?: string | undefined;
      textGone?: string | undefined;
      url?: string | undefined;
      ms?: number | undefined;
    };

export interface TabInfo {
  id: string;
  url: string;
  title: string;
  /** The one meant when a request names none. */
  active: boolean;
  session: string;
}

export interface Snapshot {
  tab: TabInfo;
  /** Elements as indented lines, with refs. */
  text: string;
  /** Whether the page has more than was written. */
  cut: boolean;
}

export interface Download {
  /** What the page called it. */
  name: string;
  url: string;
  bytes: number;
  /** Where it was put, for the session; null when it was refused. */
  place: string | null;
  /** Why it was not kept. */
  refused: string | null;
}

export interface BrowserStatus {
  running: boolean;
  pid: number | null;
  /** `Chrome/156.0.8078.79`, once it was started. */
  version: string | null;
  /** Path of the program that is or would be started; null when none is found. */
  executable: string | null;
  headless: boolean;
  tabs: number;
  /** Resident megabytes of all its processes; null where it cannot be told. */
  memoryMb: number | null;
  /** Epoch milliseconds. */
  startedAt: number | null;
}

/** Options every request may have. */
export interface PageOptions {
  tab?: string | undefined;
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
}

/** What happened in a tab besides what was asked: dialogs, downloads, popups. One line each, page text quoted. */
export interface Noted<T> {
  value: T;
  notes: string[];
}

/**
 * A browser that starts when it is first needed. All traffic of pages goes through a filtering proxy of ours, so nothing
 * a page does reaches this machine or its network (threats.md 4.11).
 * @throws UserError BROWSER_NOT_FOUND, BROWSER_TAB_UNKNOWN, BROWSER_REF_UNKNOWN, BROWSER_LIMIT, BROWSER_URL,
 *   BROWSER_PAGE; OpenClawError BROWSER_START, BROWSER_GONE, BROWSER_TIMEOUT
 */
export interface Browser {
  status(): BrowserStatus;
  start(): Promise<BrowserStatus>;
  /** Ends the program and every tab. Harmless when it does not run. */
  stop(): Promise<void>;
  tabs(seat: BrowserSeat): TabInfo[];
  /** Tabs of every session: for the operator only. */
  allTabs(): TabInfo[];
  /** Whose a tab is; null when there is none of that id. */
  seatOf(tab: string): BrowserSeat | null;
  open(seat: BrowserSeat, url: string, options?: PageOptions): Promise<Noted<TabInfo>>;
  navigate(seat: BrowserSeat, url: string, options?: PageOptions): Promise<Noted<TabInfo>>;
  back(seat: BrowserSeat, options?: PageOptions): Promise<Noted<TabInfo>>;
  /** Makes a tab the one that is meant when none is named. */
  focus(seat: BrowserSeat, tab: string): Promise<TabInfo>;
  close(seat: BrowserSeat, tab?: string): Promise<TabInfo>;
  snapshot(seat: BrowserSeat, options?: PageOptions & { maxChars?: number }): Promise<Noted<Snapshot>>;
  act(
    seat: BrowserSeat,
    act: PageAct,
    options?: PageOptions & { acceptDialogs?: boolean },
  ): Promise<Noted<TabInfo>>;
  screenshot(
    seat: BrowserSeat,
    options?: PageOptions & { format?: "png" | "jpeg"; fullPage?: boolean; ref?: string },
  ): Promise<Noted<{ tab: TabInfo; bytes: Uint8Array; mimeType: string }>>;
  /** The document as it stands now, after its scripts ran. */
  html(
    seat: BrowserSeat,
    options?: PageOptions & { maxChars?: number },
  ): Promise<Noted<{ tab: TabInfo; html: string }>>;
  pdf(seat: BrowserSeat, options?: PageOptions): Promise<Noted<{ tab: TabInfo; bytes: Uint8Array }>>;
}

/** Takes a finished download for a session; what it gives is told to whoever drives the tab. */
export type KeepDownload = (file: {
  seat: BrowserSeat;
  name: string;
  path: string;
  bytes: number;
}) => Promise<string>;
