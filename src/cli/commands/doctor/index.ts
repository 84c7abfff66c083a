import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const force = {
  flags: "--force",
  description: "also repairs that give up something you wrote: wrong values, unknown keys, damaged files",
};
const deep = { flags: "--deep", description: "look at everything, and let the running gateway probe" };
const generate = {
  flags: "--generate-gateway-token",
  description: "make a gateway token where there is none",
};
const tips = { flags: "--no-workspace-suggestions", description: "leave out tips about the workspace" };

export const definitions: CommandDefinition[] = [
  {
    path: ["doctor"],
    summary: "Find what is wrong with this installation, and repair it",
    description:
      "Looks at configuration, state, logins, security and the running gateway; works without a gateway and with a broken configuration. Every repair keeps the original bytes: `openclaw doctor undo` brings them back. Exit status 1 while something critical is left.",
    examples: [
      { line: "openclaw doctor", does: "report, and ask before repairs" },
      { line: "openclaw doctor --repair", does: "make the recommended repairs without asking" },
      {
        line: "openclaw doctor --non-interactive",
        does: "never ask; only repairs that cannot hurt (permissions, old spellings, leftovers)",
      },
      { line: "openclaw doctor --deep", does: "also other services, all transcripts, and live probes" },
    ],
    options: [
      { flags: "--repair", description: "make the recommended repairs without asking" },
      { flags: "--yes", description: "accept every default, which makes the recommended repairs" },
      {
        flags: "--non-interactive",
        description: "never ask; make safe repairs only, unless --repair is given",
      },
      force,
      deep,
      generate,
      tips,
      json,
    ],
    load: () => import("./doctor.ts"),
  },
  {
    path: ["doctor", "plan"],
    summary: "Show the exact changes a repair would make, and make none",
    examples: [
      { line: "openclaw doctor plan", does: "as a diff, secrets hidden" },
      { line: "openclaw doctor plan --force --json", does: "also the forced repairs, as JSON" },
    ],
    options: [force, deep, generate, json],
    load: () => import("./plan.ts"),
  },
  {
    path: ["doctor", "apply"],
    summary: "Make the changes `doctor plan` shows",
    examples: [{ line: "openclaw doctor apply", does: "a second time it finds nothing to do" }],
    options: [force, deep, generate, json],
    load: () => import("./apply.ts"),
  },
  {
    path: ["doctor", "undo"],
    summary: "Bring back what a repair changed, byte for byte",
    examples: [
      { line: "openclaw doctor undo", does: "the last repair" },
      { line: "openclaw doctor undo 20261121-120000-3fa9c1", does: "that one" },
    ],
    args: [
      { name: "[id]", description: "of the repair, see `openclaw doctor list`; the last when left out" },
    ],
    options: [{ flags: "--force", description: "also files that were changed again since" }, json],
    load: () => import("./undo.ts"),
  },
  {
    path: ["doctor", "list"],
    summary: "List the repairs that were made, newest first",
    examples: [{ line: "openclaw doctor list", does: "with their ids, for undo" }],
    options: [json],
    load: () => import("./list.ts"),
  },
];
