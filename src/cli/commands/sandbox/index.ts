import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const session = { flags: "--session <key>", description: "the sandbox this session uses" };
const agent = { flags: "--agent <id>", description: "of this agent" };

export const definitions: CommandDefinition[] = [
  {
    path: ["sandbox", "list"],
    summary: "Sandboxes there are: whose, since when, and what lies in them",
    description: "Reads files and asks the container engine; works without a gateway.",
    examples: [{ line: "openclaw sandbox list", does: "every sandbox of this state directory" }],
    options: [json],
    load: () => import("./list.ts"),
  },
  {
    path: ["sandbox", "explain"],
    summary: "Whether tools of a session execute in a sandbox, which one, and why",
    examples: [
      { line: "openclaw sandbox explain", does: "the main session of the default agent" },
      { line: "openclaw sandbox explain --session agent:main:telegram:group:-100", does: "a group" },
    ],
    options: [{ ...session, description: "this session; the main one by default" }, agent, json],
    load: () => import("./explain.ts"),
  },
  {
    path: ["sandbox", "recreate"],
    summary: "Remove sandboxes, so that they are made anew when they are used next",
    description:
      "Ends what runs in them and removes their containers and private folders. Workspaces of agents are never touched. Asks first when a private folder has files.",
    examples: [
      { line: "openclaw sandbox recreate --dry-run", does: "what would go" },
      { line: "openclaw sandbox recreate --agent main", does: "those of one agent" },
    ],
    options: [
      { flags: "--all", description: "all of them; so it is without --session and --agent" },
      session,
      agent,
      { flags: "--dry-run", description: "only show what would be removed" },
      { flags: "-y, --yes", description: "do not ask" },
      json,
    ],
    load: () => import("./recreate.ts"),
  },
  {
    path: ["sandbox", "build"],
    summary: "Build the image of sandbox containers (docker, podman)",
    description:
      "A Debian with ca-certificates, curl, git, jq, python3 and ripgrep. Needs a network. Sandboxes of bubblewrap need no image.",
    examples: [{ line: "openclaw sandbox build", does: "the image the configuration names" }],
    options: [
      { flags: "--image <name>", description: "another name than the configured one" },
      { flags: "--engine <name>", description: "who builds it", choices: ["docker", "podman"] },
      json,
    ],
    load: () => import("./build.ts"),
  },
];
