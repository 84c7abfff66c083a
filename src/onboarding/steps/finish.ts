import type { Step } from "../contract.ts";
import { planOf } from "../plan.ts";
import { isLocal } from "./sight.ts";

/** Running it, looking at what will be done, and the first message (WIZ-008, WIZ-012). */
export const finishSteps: Step[] = [
  {
    id: "service",
    section: "service",
    kind: "confirm",
    title: "Start with this machine",
    message: ({ facts }) =>
      facts.service.installed
        ? "The gateway is installed as a service already. Install it again as it should be now?"
        : "Installed as a service the gateway starts with this machine and comes back after a crash.",
    initial: ({ facts }) => facts.surface === "terminal" && !facts.service.installed,
    // The web page is served by a gateway that runs: how it is started is not the page's business.
    when: (sight) =>
      isLocal(sight) &&
      sight.facts.surface !== "web" &&
      (sight.facts.service.problem === null || sight.facts.surface === "flags"),
    flag: "--install-daemon",
  },
  {
    id: "hello",
    section: "finish",
    kind: "text",
    title: "First message",
    message: () => "Sent to the agent when everything is set up. Leave it empty for none.",
    optional: true,
    initial: ({ facts }) => (facts.surface === "terminal" ? "Hello! Who are you, and what can you do?" : ""),
    when: (sight) => isLocal(sight) && sight.facts.surface === "terminal",
  },
  {
    id: "review",
    section: "finish",
    kind: "confirm",
    title: "What will be done",
    message: (sight) => `${planOf(sight, { newToken: () => "(new)" }).summary.join("\n")}\nDo this now?`,
    initial: () => true,
    validate: (value) => (value === true ? null : "go back to change an answer, or stop here"),
  },
];
