import type { Facts, Step } from "../contract.ts";
import { wordsOf } from "../words/index.ts";
import { isLocal, textOf } from "./sight.ts";

/** Where the gateway listens and who may connect (WIZ-009, WIZ-015 to WIZ-017). */
export function gatewaySteps(facts: Facts): Step[] {
  const { steps: said, problems } = wordsOf(facts);
  const { config } = facts;
  return [
    {
      id: "port",
      section: "gateway",
      kind: "text",
      title: said.port.title,
      message: () => said.port.message,
      initial: () => String(config.port),
      when: isLocal,
      advanced: true,
      validate(value) {
        const port = /^\d{1,5}$/.test(String(value)) ? Number(value) : 0;
        return port >= 1 && port <= 65_535 ? null : problems.port(JSON.stringify(value));
      },
      flag: "--gateway-port",
    },
    {
      id: "bind",
      section: "gateway",
      kind: "select",
      title: said.bind.title,
      message: () => said.bind.message,
      choices: () => [
        { value: "loopback", label: said.bind.loopback, hint: "127.0.0.1" },
        { value: "lan", ...said.bind.lan },
        { value: "tailnet", label: said.bind.tailnet },
        { value: "auto", label: said.bind.auto },
        ...(config.bindHost || facts.surface === "flags" || config.bind === "custom"
          ? [{ value: "custom", label: said.bind.custom(config.bindHost ?? "") }]
          : []),
      ],
      initial: () => config.bind,
      when: isLocal,
      advanced: true,
      validate: (value) => (value === "custom" && !config.bindHost ? problems.bindHost : null),
      flag: "--gateway-bind",
    },
    {
      id: "auth",
      section: "gateway",
      kind: "select",
      title: said.auth.title,
      message: () => said.auth.message,
      choices: () => [
        { value: "token", ...said.auth.token },
        { value: "password", label: said.auth.password },
        { value: "off", ...said.auth.off },
      ],
      initial: () => config.auth,
      when: isLocal,
      advanced: true,
      validate: (value, sight) =>
        value === "off" && textOf(sight, "bind") !== "loopback"
          ? problems.authOff(textOf(sight, "bind"))
          : null,
      flag: "--gateway-auth",
    },
    {
      id: "token",
      section: "gateway",
      kind: "text",
      title: said.token.title,
      message: () => said.token.message(config.hasToken),
      sensitive: true,
      optional: true,
      initial: () => "",
      when: (sight) => isLocal(sight) && textOf(sight, "auth") === "token",
      advanced: true,
      validate: (value) => (value === "" || String(value).length >= 16 ? null : problems.atLeast(16)),
      flag: "--gateway-token",
    },
    {
      id: "password",
      section: "gateway",
      kind: "text",
      title: said.password.title,
      message: () => said.password.message(config.hasPassword),
      sensitive: true,
      optional: true,
      initial: () => "",
      when: (sight) => isLocal(sight) && textOf(sight, "auth") === "password",
      validate: (value) =>
        (value === "" && config.hasPassword) || String(value).length >= 10 ? null : problems.atLeast(10),
      flag: "--gateway-password",
    },
  ];
}
