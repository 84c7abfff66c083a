import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["qr"],
    summary: "Let a phone or another machine in: a code to scan",
    description:
      "Makes a setup code: the gateway's address and a way in for one device, within five minutes, and shows it as a QR code. The device is let in without a further question, as a node and as an operator with the scopes named here, and keeps a token of its own; the gateway's token is not in it.",
    examples: [
      { line: "openclaw qr", does: "scan it with the phone app" },
      { line: "openclaw qr --node", does: "for `openclaw node run --setup-code …` on another machine" },
      {
        line: "openclaw qr --public-url wss://gateway.example.net",
        does: "when the gateway is reached by another address",
      },
    ],
    options: [
      { flags: "--public-url <url>", description: "address the device reaches this gateway by" },
      { flags: "--node", description: "as a node only: no right to ask the gateway anything" },
      {
        flags: "--scopes <list>",
        description: "what it may do as an operator",
        default: "operator.read,operator.write,operator.approvals",
      },
      { flags: "--setup-code-only", description: "print only the code, as text" },
      { flags: "--json", description: "as JSON" },
    ],
    load: () => import("./qr.ts"),
  },
];
