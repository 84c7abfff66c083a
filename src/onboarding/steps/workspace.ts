import type { Step } from "../contract.ts";
import { isLocal } from "./sight.ts";

/** The agent's folder and what it knows how to do (WIZ-006, WIZ-018). */
export const workspaceSteps: Step[] = [
  {
    id: "workspace",
    section: "workspace",
    kind: "text",
    title: "Workspace",
    message: () =>
      "The folder the agent works in, with AGENTS.md, SOUL.md and MEMORY.md. Files that are there stay as they are.",
    initial: ({ facts }) => facts.config.workspace,
    when: isLocal,
    advanced: true,
    validate: (value) =>
      /^(?:[/~]|[A-Za-z]:[\\/])/.test(String(value)) ? null : "give a whole path, from / or ~",
    flag: "--workspace",
  },
  {
    id: "skills",
    section: "skills",
    kind: "multiselect",
    title: "Skills",
    message: () =>
      "Instructions found in the workspace and the state directory. Those you leave out are not offered to the agent.",
    choices: ({ facts }) =>
      facts.skills.map(({ key, name, description, missing }) => ({
        value: key,
        label: name,
        hint: missing === "" ? description : `needs ${missing}`,
      })),
    initial: ({ facts }) => facts.skills.filter(({ enabled }) => enabled).map(({ key }) => key),
    when: (sight) => isLocal(sight) && sight.facts.skills.length > 0,
    advanced: true,
  },
];
