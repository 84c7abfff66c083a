import type { Facts, Step } from "../contract.ts";
import { wordsOf } from "../words/index.ts";
import { isLocal, textOf } from "./sight.ts";

/** What is here, what it means, and how much to ask (WIZ-001, WIZ-002, WIZ-010, WIZ-014). */
export function startSteps(facts: Facts): Step[] {
  const { steps: said, problems } = wordsOf(facts);
  return [
    {
      id: "welcome",
      section: "start",
      kind: "note",
      title: said.welcome.title,
      message: () => said.welcome.message(facts),
    },
    {
      id: "risk",
      section: "start",
      kind: "confirm",
      title: said.risk.title,
      message: () => said.risk.message,
      initial: () => false,
      validate: (value) => (value === true ? null : problems.risk),
      flag: "--accept-risk",
    },
    {
      id: "flow",
      section: "start",
      kind: "select",
      title: said.flow.title,
      message: () => said.flow.message,
      choices: () => [
        { value: "quickstart", ...said.flow.quickstart },
        { value: "advanced", ...said.flow.advanced },
      ],
      initial: () => "quickstart",
      flag: "--flow",
    },
    {
      id: "mode",
      section: "start",
      kind: "select",
      title: said.mode.title,
      message: () => said.mode.message,
      choices: () => [
        { value: "local", label: said.mode.local },
        { value: "remote", ...said.mode.remote },
      ],
      initial: () => facts.config.mode ?? "local",
      when: () => facts.surface !== "web",
      advanced: true,
      flag: "--mode",
    },
    {
      id: "remote.url",
      section: "start",
      kind: "text",
      title: said.remoteUrl.title,
      message: () => said.remoteUrl.message,
      placeholder: "wss://gateway.example:443",
      initial: () => facts.config.remoteUrl ?? "",
      when: (sight) => !isLocal(sight),
      validate(value) {
        const url = typeof value === "string" ? URL.parse(value) : null;
        return url && /^wss?:$/.test(url.protocol) && url.username === ""
          ? null
          : problems.address(JSON.stringify(value));
      },
      flag: "--remote-url",
    },
    {
      id: "remote.token",
      section: "start",
      kind: "text",
      title: said.remoteToken.title,
      message: () => said.remoteToken.message(facts.config.hasRemoteToken),
      sensitive: true,
      optional: true,
      initial: () => "",
      when: (sight) => !isLocal(sight) && textOf(sight, "remote.url") !== "",
      flag: "--remote-token",
    },
  ];
}
