import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const tab = {
  flags: "--tab <id>",
  description: "tab, as `browser tabs` shows it; the last one used unless given",
};

export const definitions: CommandDefinition[] = [
  {
    path: ["browser", "status"],
    summary: "Whether the browser may be used, is there, and runs",
    description:
      "Agents use a browser of the gateway's own when browser.enabled is true. It starts when it is first needed.",
    examples: [{ line: "openclaw browser status", does: "program, tabs and memory" }],
    options: [json],
    load: () => import("./status.ts"),
  },
  ...(["start", "stop"] as const).map((word): CommandDefinition => ({
    path: ["browser", word],
    summary: word === "start" ? "Start the browser now" : "Close the browser and every tab",
    examples: [
      {
        line: `openclaw browser ${word}`,
        does: word === "start" ? "to see whether it can" : "it starts again when it is needed",
      },
    ],
    options: [json],
    load: async () => (await import("./switch.ts"))[word],
  })),
  {
    path: ["browser", "tabs"],
    summary: "Open tabs of every conversation",
    examples: [{ line: "openclaw browser tabs", does: "with the conversation each belongs to" }],
    options: [json],
    load: () => import("./tabs.ts"),
  },
  {
    path: ["browser", "open"],
    summary: "Open a page in a tab of your own",
    examples: [{ line: "openclaw browser open https://example.org", does: "and print the tab's id" }],
    args: [
      { name: "<url>", description: "http or https address; private ones need browser.allowPrivateOrigins" },
    ],
    options: [json],
    load: () => import("./open.ts"),
  },
  {
    path: ["browser", "snapshot"],
    summary: "What is on a page, as the agent reads it",
    examples: [
      { line: "openclaw browser snapshot", does: "the last page" },
      { line: "openclaw browser snapshot --tab t3", does: "another one" },
    ],
    options: [tab, { flags: "--max-chars <count>", description: "most characters", default: "20000" }, json],
    load: () => import("./snapshot.ts"),
  },
  {
    path: ["browser", "screenshot"],
    summary: "Save a picture of a page",
    examples: [
      { line: "openclaw browser screenshot --out page.png --full-page", does: "more than what is visible" },
    ],
    options: [
      tab,
      { flags: "--out <file>", description: "where to", default: "screenshot.png" },
      { flags: "--full-page", description: "the whole page, not only what is visible" },
      json,
    ],
    load: () => import("./screenshot.ts"),
  },
  {
    path: ["browser", "close"],
    summary: "Close a tab",
    examples: [{ line: "openclaw browser close t3", does: "whosever it is" }],
    args: [{ name: "<tab>", description: "tab, as `browser tabs` shows it" }],
    options: [json],
    load: () => import("./close.ts"),
  },
];
