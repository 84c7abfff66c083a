import type { Step } from "../contract.ts";
import { isLocal, textOf } from "./sight.ts";

/** Where the gateway listens and who may connect (WIZ-009, WIZ-015 to WIZ-017). */
export const gatewaySteps: Step[] = [
  {
    id: "port",
    section: "gateway",
    kind: "text",
    title: "Port",
    message: () => "One TCP port carries everything: web page, clients, webhooks.",
    initial: ({ facts }) => String(facts.config.port),
    when: isLocal,
    advanced: true,
    validate(value) {
      const port = /^\d{1,5}$/.test(String(value)) ? Number(value) : 0;
      return port >= 1 && port <= 65_535 ? null : `${JSON.stringify(value)} is not a port from 1 to 65535`;
    },
    flag: "--gateway-port",
  },
  {
    id: "bind",
    section: "gateway",
    kind: "select",
    title: "Who can reach it",
    message: () =>
      "Loopback is enough for this machine, SSH tunnels and Tailscale Serve. Other machines need lan or tailnet, and a login.",
    choices: ({ facts }) => [
      { value: "loopback", label: "This machine only", hint: "127.0.0.1" },
      { value: "lan", label: "All networks of this machine", hint: "0.0.0.0; containers need this" },
      { value: "tailnet", label: "The tailnet" },
      { value: "auto", label: "Loopback, or all networks where that cannot be" },
      ...(facts.config.bindHost || facts.surface === "flags" || facts.config.bind === "custom"
        ? [
            {
              value: "custom",
              label: `One address (gateway.customBindHost${facts.config.bindHost ? `: ${facts.config.bindHost}` : ""})`,
            },
          ]
        : []),
    ],
    initial: ({ facts }) => facts.config.bind,
    when: isLocal,
    advanced: true,
    validate: (value, { facts }) =>
      value === "custom" && !facts.config.bindHost
        ? "custom needs an address first: openclaw config set gateway.customBindHost 192.0.2.10"
        : null,
    flag: "--gateway-bind",
  },
  {
    id: "auth",
    section: "gateway",
    kind: "select",
    title: "How clients log in",
    message: () =>
      "A token is made for you. Also on loopback something is needed: any page in your browser can knock there.",
    choices: () => [
      { value: "token", label: "Token", hint: "recommended" },
      { value: "password", label: "Password" },
      { value: "off", label: "Nothing", hint: "loopback only" },
    ],
    initial: ({ facts }) => facts.config.auth,
    when: isLocal,
    advanced: true,
    validate: (value, sight) =>
      value === "off" && textOf(sight, "bind") !== "loopback"
        ? `a gateway that others can reach (${textOf(sight, "bind")}) needs a login: token or password`
        : null,
    flag: "--gateway-auth",
  },
  {
    id: "token",
    section: "gateway",
    kind: "text",
    title: "Token",
    message: ({ facts }) =>
      facts.config.hasToken
        ? "Leave it empty to keep the one that is set."
        : "Leave it empty and one is made.",
    sensitive: true,
    optional: true,
    initial: () => "",
    when: (sight) => isLocal(sight) && textOf(sight, "auth") === "token",
    advanced: true,
    validate: (value) => (value === "" || String(value).length >= 16 ? null : "give at least 16 characters"),
    flag: "--gateway-token",
  },
  {
    id: "password",
    section: "gateway",
    kind: "text",
    title: "Password",
    message: ({ facts }) =>
      facts.config.hasPassword ? "Leave it empty to keep the one that is set." : "At least 10 characters.",
    sensitive: true,
    optional: true,
    initial: () => "",
    when: (sight) => isLocal(sight) && textOf(sight, "auth") === "password",
    validate: (value, { facts }) =>
      (value === "" && facts.config.hasPassword) || String(value).length >= 10
        ? null
        : "give at least 10 characters",
    flag: "--gateway-password",
  },
];
