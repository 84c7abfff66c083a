import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["dashboard"],
    summary: "Open the web page, or print how to get in",
    description:
      "Prints the page's address with the gateway's token: treat it like a password. While the gateway runs it also makes a one-time link and a six-digit code, each good for one browser within five minutes, whatever way the browser reaches the gateway. On a desktop the link is opened.",
    examples: [
      { line: "openclaw dashboard", does: "on a desktop: opens the page" },
      { line: "openclaw dashboard --link", does: "only a one-time link, e.g. to send it to your phone" },
    ],
    options: [
      { flags: "--link", description: "print only the one-time link" },
      { flags: "--no-open", description: "print, do not start a browser" },
      { flags: "--json", description: "as JSON" },
    ],
    load: () => import("./dashboard.ts"),
  },
];
