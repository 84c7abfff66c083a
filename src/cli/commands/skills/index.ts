import type { CommandDefinition } from "../../contract.ts";

const json = { flags: "--json", description: "as JSON" };
const agent = { flags: "--agent <id>", description: "of this agent; the default one when absent" };
const skill = { name: "<skill>", description: "name or key of the skill" };
const list = {
  options: [agent, { flags: "--missing", description: "only those that lack something" }, json],
  load: () => import("./list.ts"),
};

export const definitions: CommandDefinition[] = [
  {
    ...list,
    path: ["skills"],
    summary: "The skills of an agent, and what each still needs",
    description: "Reads the files: works without a gateway. With --url the gateway there is asked.",
    examples: [{ line: "openclaw skills --missing", does: "those that lack something" }],
  },
  {
    ...list,
    path: ["skills", "list"],
    summary: "The skills of an agent, and what each still needs",
    examples: [{ line: "openclaw skills list", does: "all of them" }],
  },
  {
    path: ["skills", "info"],
    summary: "One skill: what it needs, what it was given, how to install the rest",
    examples: [{ line: "openclaw skills info weather", does: "with the commands that installing would run" }],
    args: [skill],
    options: [agent, json],
    load: () => import("./info.ts"),
  },
  {
    path: ["skills", "check"],
    summary: "Whether every skill that is on can be used; exits with 1 when one cannot",
    examples: [{ line: "openclaw skills check", does: "for scripts and after a move" }],
    options: [agent, json],
    load: () => import("./check.ts"),
  },
  {
    path: ["skills", "install"],
    summary: "Install what a skill needs, in a way its file names",
    description:
      "Shows what would be done and asks. Packages are installed without running their scripts, into <state>/tools; only the programs the skill names can be found, after those of the machine.",
    examples: [
      { line: "openclaw skills install weather", does: "the first way that works here" },
      { line: "openclaw skills install weather npm --yes", does: "this way, without asking" },
      { line: "openclaw skills install weather --dry-run", does: "only show it" },
    ],
    args: [skill, { name: "[installer]", description: "id of the way, as `skills info` lists it" }],
    options: [
      agent,
      { flags: "--dry-run", description: "only say what would be done" },
      { flags: "--timeout <seconds>", description: "longest it may take (default 300)" },
      { flags: "--yes", description: "do not ask" },
      json,
    ],
    load: () => import("./install.ts"),
  },
  {
    path: ["skills", "enable"],
    summary: "Offer a skill to agents again",
    examples: [{ line: "openclaw skills enable weather", does: "for all agents" }],
    args: [skill],
    options: [json],
    load: () => import("./enable.ts"),
  },
  {
    path: ["skills", "disable"],
    summary: "Offer a skill to no agent",
    examples: [{ line: "openclaw skills disable weather", does: "for all agents" }],
    args: [skill],
    options: [json],
    load: () => import("./disable.ts"),
  },
];
