import { z } from "zod";
import { UserError } from "../../../core/errors.ts";
import type { PageAct } from "../../../browser/index.ts";

const looks = ["snapshot", "text", "screenshot", "tabs", "wait"] as const;
const goes = ["open", "navigate", "back"] as const;
const acts = ["click", "type", "press", "select", "hover", "scroll"] as const;

const ref = "Element of the last snapshot, such as e12";

/** One flat object: providers differ in what they understand of unions. */
export const browserInput = z.strictObject({
  action: z
    .enum([...goes, ...looks, ...acts, "focus", "close"])
    .describe(
      "open: a new tab; navigate, back: the tab goes elsewhere; snapshot: what is on the page, with refs; text: the page to read; screenshot: a picture; click, type, press, select, hover, scroll: act; wait: for text, url or ms; tabs; focus and close: a tab",
    ),
  url: z.string().max(8192).optional().describe("open, navigate: https address; wait: part of the address"),
  tab: z.string().max(40).optional().describe("Tab id such as t1; the last one used when missing"),
  ref: z
    .string()
    .max(40)
    .optional()
    .describe(`click, type, select, hover; scroll, screenshot: optional. ${ref}`),
  text: z
    .string()
    .max(100_000)
    .optional()
    .describe("type: what to enter in place of what is there; wait: text that should come"),
  text_gone: z.string().max(10_000).optional().describe("wait: text that should go away"),
  submit: z.boolean().optional().describe("type: press Enter afterwards"),
  append: z.boolean().optional().describe("type: keep what is there"),
  double: z.boolean().optional().describe("click: twice"),
  key: z.string().max(60).optional().describe("press: Enter, Escape, ArrowDown, a, Control+a, …"),
  values: z.array(z.string().max(10_000)).max(100).optional().describe("select: values or labels"),
  direction: z.enum(["up", "down"]).optional().describe("scroll"),
  accept_dialogs: z
    .boolean()
    .optional()
    .describe("Say yes to questions of the page during this action; they are dismissed otherwise"),
  full_page: z.boolean().optional().describe("screenshot: beyond what is visible"),
  ms: z.int().min(0).max(60_000).optional().describe("wait: at most so many milliseconds"),
  offset: z.int().min(0).optional().describe("text: character to start at"),
  max_chars: z.int().min(500).max(100_000).optional().describe("snapshot, text: most characters"),
});
export type BrowserInput = z.infer<typeof browserInput>;

/** Looking again changes nothing; everything else may have happened already when a crash comes. */
export function browserEffect({ action }: BrowserInput): "read" | "network" | "write" {
  if ((looks as readonly string[]).includes(action)) return "read";
  return (goes as readonly string[]).includes(action) ? "network" : "write";
}

/** What a page is asked to do; null for actions that are none. @throws UserError BROWSER_INPUT naming what is missing. */
export function actOf(input: BrowserInput): PageAct | null {
  switch (input.action) {
    case "click":
      return { kind: "click", ref: need(input, "ref"), double: input.double };
    case "type":
      return {
        kind: "type",
        ref: need(input, "ref"),
        text: need(input, "text"),
        submit: input.submit,
        append: input.append,
      };
    case "press":
      return { kind: "press", key: need(input, "key") };
    case "select":
      return { kind: "select", ref: need(input, "ref"), values: need(input, "values") };
    case "hover":
      return { kind: "hover", ref: need(input, "ref") };
    case "scroll":
      return { kind: "scroll", direction: input.direction ?? "down", ref: input.ref };
    case "wait":
      return { kind: "wait", text: input.text, textGone: input.text_gone, url: input.url, ms: input.ms };
    default:
      return null;
  }
}

/** @throws UserError BROWSER_INPUT */
export function need<K extends keyof BrowserInput>(
  input: BrowserInput,
  name: K,
): NonNullable<BrowserInput[K]> {
  const value = input[name];
  if (value !== undefined && value !== null) return value;
  throw new UserError("BROWSER_INPUT", `${input.action} needs ${name}`);
}
