import type { Facts, Step } from "../contract.ts";
import { planOf } from "../plan.ts";
import { wordsOf } from "../words/index.ts";
import { isLocal } from "./sight.ts";

/** Running it, looking at what will be done, and the first message (WIZ-008, WIZ-012). */
export function finishSteps(facts: Facts): Step[] {
  const { steps: said, problems } = wordsOf(facts);
  const { service, surface } = facts;
  return [
    {
      id: "service",
      section: "service",
      kind: "confirm",
      title: said.service.title,
      message: () => said.service.message(service.installed),
      initial: () => surface === "terminal" && !service.installed,
      // The web page is served by a gateway that runs: how it is started is not the page's business.
      when: (sight) =>
        isLocal(sight) && surface !== "web" && (service.problem === null || surface === "flags"),
      flag: "--install-daemon",
    },
    {
      id: "hello",
      section: "finish",
      kind: "text",
      title: said.hello.title,
      message: () => said.hello.message,
      optional: true,
      initial: () => (surface === "terminal" ? said.hello.initial : ""),
      when: (sight) => isLocal(sight) && surface === "terminal",
    },
    {
      id: "review",
      section: "finish",
      kind: "confirm",
      title: said.review.title,
      message: (sight) => [...planOf(sight, { newToken: () => "" }).summary, said.review.question].join("\n"),
      initial: () => true,
      validate: (value) => (value === true ? null : problems.review),
    },
  ];
}
