import type { Browser } from "../../../browser/index.ts";

/** The browser, as the tool drives it. Loaded when it is first used. */
export interface BrowserServices {
  browser(): Promise<Browser>;
}
