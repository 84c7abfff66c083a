import { messageOf, OpenClawError } from "../../../core/errors.ts";
import type { Browser, BrowserSeat, TabInfo } from "../../../browser/index.ts";
import type { Tool, ToolContext, ToolOutput } from "../../contract.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";
import { frameUntrusted } from "../../tool-kit/frame-untrusted.ts";
import type { ToolServices } from "../services.ts";
import type { BrowserServices } from "./contract.ts";
import { actOf, browserEffect, browserInput, need, type BrowserInput } from "./input.ts";

const shortSnapshotChars = 8000;
const snapshotChars = 20_000;
const textChars = 20_000;

/** `browser` (AGENT-004): pages that need scripts, clicks or a login. Everything a page says is marked as foreign. */
export function browserTool(services: Pick<ToolServices, "putMedia"> & { browser: BrowserServices }): Tool {
  return defineTool<BrowserInput>({
    name: "browser",
    description:
      "Use a web browser: open pages, read them, click and type. Elements are named by refs of a snapshot (e12). For plain reading of one page web_fetch is quicker.",
    groups: ["group:web", "group:ui"],
    effect: "write",
    effectOf: browserEffect,
    input: browserInput,
    async run(input, context) {
      const browser = await services.browser.browser();
      const seat = { session: context.sessionKey, owner: context.principal.owner };
      return await perform({ browser, seat, input, context, putMedia: services.putMedia });
    },
  });
}

interface Call {
  browser: Browser;
  seat: BrowserSeat;
  input: BrowserInput;
  context: ToolContext;
  putMedia: ToolServices["putMedia"];
}

async function perform(call: Call): Promise<ToolOutput> {
  const { browser, seat, input, context } = call;
  const { signal } = context;
  const at = { tab: input.tab, signal };
  switch (input.action) {
    case "open": {
      const { value, notes } = await browser.open(seat, need(input, "url"), { signal });
      return await withSnapshot(call, value, notes);
    }
    case "navigate": {
      const { value, notes } = await browser.navigate(seat, need(input, "url"), at);
      return await withSnapshot(call, value, notes);
    }
    case "back": {
      const { value, notes } = await browser.back(seat, at);
      return await withSnapshot(call, value, notes);
    }
    case "tabs":
      return foreign(
        browser
          .tabs(seat)
          .map((tab) => `${tab.id}${tab.active ? " (active)" : ""} ${tab.url} ${tab.title}`)
          .join("\n") || "no tabs",
        "browser",
      );
    case "focus":
      return shown(await browser.focus(seat, need(input, "tab")), []);
    case "close":
      return textOutput(`Closed tab ${(await browser.close(seat, input.tab)).id}.`);
    case "snapshot": {
      const { value, notes } = await browser.snapshot(seat, {
        ...at,
        maxChars: input.max_chars ?? snapshotChars,
      });
      return shown(value.tab, notes, value);
    }
    case "text":
      return await readText(call);
    case "screenshot":
      return await screenshot(call);
    default: {
      const act = actOf(input);
      if (!act) throw new OpenClawError("BROWSER_INPUT", `${input.action} is no action`);
      const how = { ...at, acceptDialogs: input.accept_dialogs === true };
      const { value, notes } = await browser.act(seat, act, how);
      return await withSnapshot(call, value, notes);
    }
  }
}

/** After something happened the model wants to know what is there now. */
async function withSnapshot(
  { browser, seat, context }: Call,
  tab: TabInfo,
  notes: string[],
): Promise<ToolOutput> {
  try {
    const given = { tab: tab.id, signal: context.signal, maxChars: shortSnapshotChars };
    const now = await browser.snapshot(seat, given);
    return shown(now.value.tab, [...notes, ...now.notes], now.value);
  } catch (error) {
    if (!(error instanceof OpenClawError) || context.signal.aborted) throw error;
    // What was asked for did happen.
    return shown(tab, [...notes, `no snapshot: ${messageOf(error)}`]);
  }
}

async function readText({ browser, seat, input, context }: Call): Promise<ToolOutput> {
  const { value, notes } = await browser.html(seat, { tab: input.tab, signal: context.signal });
  const { pageText } = await import("../../tool-kit/page-text.ts");
  const { text } = await pageText(value.html, { url: value.tab.url, mode: "markdown" });
  const offset = input.offset ?? 0;
  const part = text.slice(offset, offset + (input.max_chars ?? textChars));
  const rest = text.length - offset - part.length;
  const more = rest > 0 ? [`${rest} more characters: ask again with offset ${offset + part.length}`] : [];
  return shown(value.tab, [...notes, ...more], { text: part || "(no text)", cut: false });
}

async function screenshot({ browser, seat, input, context, putMedia }: Call): Promise<ToolOutput> {
  const { value, notes } = await browser.screenshot(seat, {
    tab: input.tab,
    signal: context.signal,
    format: "jpeg",
    ...(input.full_page === undefined ? {} : { fullPage: input.full_page }),
    ...(input.ref === undefined ? {} : { ref: input.ref }),
  });
  const told = shown(value.tab, notes);
  if (!putMedia)
    return { ...told, isError: true, content: [{ type: "text", text: "pictures cannot be shown here" }] };
  const { bytes, mimeType } = value;
  const digest = await putMedia(context.sessionKey, bytes);
  return { ...told, content: [...told.content, { type: "image", mimeType, digest, bytes: bytes.length }] };
}

/** Address, title and what is on the page, all of it a stranger's words. */
function shown(tab: TabInfo, notes: readonly string[], page?: { text: string; cut: boolean }): ToolOutput {
  const lines = [
    `tab ${tab.id}: ${tab.url}`,
    ...(tab.title ? [`title: ${tab.title.replaceAll(/\s+/g, " ").slice(0, 200)}`] : []),
    ...notes.map((line) => `note: ${line}`),
  ];
  if (page) lines.push("", page.text, ...(page.cut ? ["(cut: scroll, or ask with more max_chars)"] : []));
  const host = URL.canParse(tab.url) ? new URL(tab.url).host : "";
  return foreign(lines.join("\n"), `web:${host}`);
}

function foreign(text: string, origin: string): ToolOutput {
  return textOutput(frameUntrusted(text, origin), { untrusted: true });
}
