import { z } from "zod";
import { UserError } from "../core/errors.ts";
import type { Browser, BrowserSeat, Noted } from "./contract.ts";

export interface ControlRequest {
  method: string;
  /** `/tabs/t1`; the query apart. */
  path: string;
  query?: Readonly<Record<string, unknown>> | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Milliseconds for what is done in a page. */
  timeoutMs?: number | undefined;
}

/** What an operator may ask of the browser, over HTTP and over `browser.request` alike (HTTP-008). */
export interface BrowserControl {
  /** @throws UserError BROWSER_ROUTE, BROWSER_INPUT and what {@link Browser} throws. */
  request(request: ControlRequest): Promise<unknown>;
}

/** The person at the control plane has tabs of their own, and sees everybody's. */
const operator: BrowserSeat = { session: "operator", owner: true };

const tab = z.string().min(1).max(40).optional();
const ref = z.string().min(1).max(40);
const text = z.string().max(100_000);
const schemas = {
  open: z.strictObject({ url: z.string().min(1).max(8192) }),
  navigate: z.strictObject({ url: z.string().min(1).max(8192), tab }),
  onTab: z.strictObject({ tab }),
  snapshot: z.strictObject({ tab, maxChars: z.coerce.number().int().min(100).max(200_000).optional() }),
  screenshot: z.strictObject({
    tab,
    ref: ref.optional(),
    format: z.enum(["png", "jpeg"]).optional(),
    fullPage: z.boolean().optional(),
  }),
};
const options = { tab, acceptDialogs: z.boolean().optional() };
const acts = z.discriminatedUnion("kind", [
  z.strictObject({
    ...options,
    kind: z.literal("click"),
    ref,
    double: z.boolean().optional(),
    button: z.enum(["left", "right"]).optional(),
  }),
  z.strictObject({
    ...options,
    kind: z.literal("type"),
    ref,
    text,
    submit: z.boolean().optional(),
    append: z.boolean().optional(),
  }),
  z.strictObject({ ...options, kind: z.literal("press"), key: z.string().min(1).max(60) }),
  z.strictObject({ ...options, kind: z.literal("select"), ref, values: z.array(text).min(1).max(100) }),
  z.strictObject({ ...options, kind: z.literal("hover"), ref }),
  z.strictObject({
    ...options,
    kind: z.literal("scroll"),
    direction: z.enum(["up", "down"]),
    ref: ref.optional(),
  }),
  z.strictObject({
    ...options,
    kind: z.literal("wait"),
    text: text.optional(),
    textGone: text.optional(),
    url: text.optional(),
    ms: z.int().min(0).max(60_000).optional(),
  }),
]);

type Handler = (given: unknown, request: ControlRequest) => unknown;

/** `listening`: port of the control service, which is told with the status; null where there is none. */
export function createBrowserControl(browser: Browser, listening: () => number | null): BrowserControl {
  const seatOf = (id: string | undefined): BrowserSeat =>
    id === undefined ? operator : (browser.seatOf(id) ?? operator);
  const within = ({ signal, timeoutMs }: ControlRequest) => ({ signal, timeoutMs });

  const routes: Record<string, Handler> = {
    "GET /": () => {
      const port = listening();
      return { ...browser.status(), control: port === null ? null : `127.0.0.1:${port}` };
    },
    "GET /profiles": () => ({ profiles: [{ name: "default", running: browser.status().running }] }),
    "POST /start": () => browser.start(),
    "POST /stop": async () => {
      await browser.stop();
      return browser.status();
    },
    "GET /tabs": () => ({ tabs: browser.allTabs() }),
    "POST /tabs/open": async (given, request) => {
      const { url } = input(schemas.open, given);
      return flat(await browser.open(operator, url, within(request)));
    },
    "POST /tabs/focus": async (given) => {
      const { tab: id = "" } = input(schemas.onTab, given);
      return await browser.focus(seatOf(id), id);
    },
    "GET /snapshot": async (given, request) => {
      const wish = input(schemas.snapshot, given);
      return flat(await browser.snapshot(seatOf(wish.tab), { ...wish, ...within(request) }));
    },
    "POST /navigate": async (given, request) => {
      const { url, tab: id } = input(schemas.navigate, given);
      return flat(await browser.navigate(seatOf(id), url, { tab: id, ...within(request) }));
    },
    "POST /act": async (given, request) => {
      const { tab: id, acceptDialogs, ...act } = input(acts, given);
      const how = { tab: id, ...within(request), ...(acceptDialogs === undefined ? {} : { acceptDialogs }) };
      return flat(await browser.act(seatOf(id), act, how));
    },
    "POST /screenshot": async (given, request) => {
      const { tab: id, ref: element, format, fullPage } = input(schemas.screenshot, given);
      const { value, notes } = await browser.screenshot(seatOf(id), {
        tab: id,
        ...(element === undefined ? {} : { ref: element }),
        ...(format === undefined ? {} : { format }),
        ...(fullPage === undefined ? {} : { fullPage }),
        ...within(request),
      });
      return {
        tab: value.tab,
        mimeType: value.mimeType,
        data: Buffer.from(value.bytes).toString("base64"),
        notes,
      };
    },
    "POST /pdf": async (given, request) => {
      const { tab: id } = input(schemas.onTab, given);
      const { value, notes } = await browser.pdf(seatOf(id), { tab: id, ...within(request) });
      return {
        tab: value.tab,
        mimeType: "application/pdf",
        data: Buffer.from(value.bytes).toString("base64"),
        notes,
      };
    },
  };
  return {
    async request(request) {
      const path = `/${request.path
        .split("/")
        .filter((part) => part !== "")
        .join("/")}`;
      const handler = routes[`${request.method} ${path}`];
      const given = request.method === "GET" ? (request.query ?? {}) : (request.body ?? {});
      if (handler) return await handler(given, request);
      const id = /^\/tabs\/([\w-]{1,40})$/.exec(path)?.[1];
      if (id !== undefined && request.method === "DELETE")
        return { closed: await browser.close(seatOf(id), id) };
      throw new UserError(
        "BROWSER_ROUTE",
        `there is no ${request.method.slice(0, 10)} ${path.slice(0, 80)}`,
        {
          hint: "see docs/browser.md",
        },
      );
    },
  };
}

function flat<T extends object>({ value, notes }: Noted<T>): T & { notes: string[] } {
  return { ...value, notes };
}

function input<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 4)
    .map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`);
  throw new UserError("BROWSER_INPUT", issues.join("; "), { hint: "see docs/browser.md" });
}
