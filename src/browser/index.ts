// A browser for agents: started on first use, its pages kept away from this machine and its network (UI-006, AGENT-004).
export { createBrowser } from "./browser.ts";
export { createBrowserControl, type BrowserControl } from "./control.ts";
export type * from "./contract.ts";
