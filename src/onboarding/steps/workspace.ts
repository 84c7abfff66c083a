import type { Facts, Step } from "../contract.ts";
import { wordsOf } from "../words/index.ts";
import { isLocal } from "./sight.ts";

/** The agent's folder and what it knows how to do (WIZ-006, WIZ-018). */
export function workspaceSteps(facts: Facts): Step[] {
  const { steps: said, problems } = wordsOf(facts);
  return [
    {
      id: "workspace",
      section: "workspace",
      kind: "text",
      title: said.workspace.title,
      message: () => said.workspace.message,
      initial: () => facts.config.workspace,
      when: isLocal,
      advanced: true,
      validate: (value) => (/^(?:[/~]|[A-Za-z]:[\\/])/.test(String(value)) ? null : problems.wholePath),
      flag: "--workspace",
    },
    {
      id: "skills",
      section: "skills",
      kind: "multiselect",
      title: said.skills.title,
      message: () => said.skills.message,
      choices: () =>
        facts.skills.map(({ key, name, description, missing }) => ({
          value: key,
          label: name,
          hint: missing === "" ? description : said.skills.needs(missing),
        })),
      initial: () => facts.skills.filter(({ enabled }) => enabled).map(({ key }) => key),
      when: (sight) => isLocal(sight) && facts.skills.length > 0,
      advanced: true,
    },
  ];
}
