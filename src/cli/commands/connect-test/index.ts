import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["connect-test"],
    summary: "Walk the way to a gateway and name the first thing that is wrong",
    description:
      "Walks name, port, encryption, HTTP, host name, WebSocket upgrade, protocol, page origin, login, device and scopes in this order, and names the first one that fails with the command that mends it. Exit status 0 when all is well, 1 otherwise. What each code means is listed in docs/monitoring.md.",
    examples: [
      { line: "openclaw connect-test", does: "the gateway this installation talks to" },
      { line: "openclaw connect-test wss://gateway.example", does: "a remote one" },
      {
        line: "openclaw connect-test wss://gateway.example --origin https://panel.example --json",
        does: "for pages of another site, as JSON",
      },
    ],
    args: [{ name: "[url]", description: "gateway to test: ws://… or wss://…; default as all commands" }],
    options: [
      { flags: "--json", description: "the result as JSON" },
      {
        flags: "--token <token>",
        description: "shared or device token; OPENCLAW_GATEWAY_TOKEN keeps it out of `ps`",
      },
      {
        flags: "--password <password>",
        description: "password; OPENCLAW_GATEWAY_PASSWORD keeps it out of `ps`",
      },
      { flags: "--origin <origin>", description: "page origin to test; default the gateway's own" },
      { flags: "--timeout <ms>", description: "wait so long for each step", default: "5000" },
    ],
    load: () => import("./connect-test.ts"),
  },
];
