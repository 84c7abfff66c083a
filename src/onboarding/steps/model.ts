import { Secret } from "../../core/secret.ts";
import type { Choice, Sight, Step } from "../contract.ts";
import { isLocal, textOf } from "./sight.ts";

/** Which model answers (WIZ-003, WIZ-004): a key that is here, a server on this machine, a new key, or none. */
export const modelSteps: Step[] = [
  {
    id: "model",
    section: "model",
    kind: "select",
    title: "Model",
    message: () => "Who thinks for the agent. A key is tried at once, with a request that costs nothing.",
    choices: sources,
    initial: (sight) => sources(sight)[0]?.value ?? "builtin",
    when: isLocal,
    async test(value, _sight, probes) {
      const provider = /^login:(.+)$/.exec(String(value))?.[1];
      return provider === undefined ? { is: "fine" } : probes.login(provider);
    },
    flag: "--model-source",
  },
  {
    id: "model.provider",
    section: "model",
    kind: "select",
    title: "Whose key",
    message: () => "The vendor the key is from. It is sent to this vendor only.",
    choices: ({ facts }) => facts.vendors.map(({ id, name }) => ({ value: id, label: name })),
    initial: ({ facts }) => facts.vendors[0]?.id ?? "",
    when: (sight) => isLocal(sight) && textOf(sight, "model") === "key",
    flag: "--provider",
  },
  {
    id: "model.key",
    section: "model",
    kind: "text",
    title: "The key",
    message: (sight) =>
      `API key of ${nameOf(sight, textOf(sight, "model.provider"))}. It is stored encrypted in the state directory, not in the configuration.`,
    sensitive: true,
    when: (sight) => isLocal(sight) && textOf(sight, "model") === "key",
    validate: (value) =>
      typeof value === "string" && /^[\x21-\x7e]{8,8192}$/.test(value)
        ? null
        : "a key is one word of at least 8 printable characters",
    test: (value, sight, probes) => probes.key(textOf(sight, "model.provider"), new Secret(String(value))),
    flag: "--api-key",
  },
  {
    id: "model.name",
    section: "model",
    kind: "select",
    title: "Which model",
    message: () => "The model agents use unless told otherwise.",
    choices: (sight) => modelsOf(sight).map((ref) => ({ value: ref, label: ref })),
    initial: (sight) => modelsOf(sight)[0] ?? "",
    when: (sight) => isLocal(sight) && modelsOf(sight).length > 1,
  },
];

function sources({ facts }: Sight): Choice[] {
  const { primary } = facts.config;
  const logins = facts.logins.filter(
    (login, at) => facts.logins.findIndex(({ provider }) => provider === login.provider) === at,
  );
  return [
    ...(primary ? [{ value: "keep", label: `Keep ${primary}`, hint: "configured" }] : []),
    ...logins.map((login) => ({
      value: `login:${login.provider}`,
      label: login.name,
      hint: `key found: ${login.source}`,
    })),
    ...facts.servers.map((server) => ({
      value: `server:${server.provider}`,
      label: `${server.name} on this machine`,
      hint: server.models.slice(0, 3).join(", "),
    })),
    // Without any key, nobody who is not asked must be stopped for one: the built-in model comes before it.
    ...(facts.logins.length + facts.servers.length > 0 || facts.surface !== "flags" ? [enterKey] : []),
    { value: "builtin", label: "Built-in model", hint: "offline, no key; remembers and answers simply" },
    ...(facts.logins.length + facts.servers.length === 0 && facts.surface === "flags" ? [enterKey] : []),
  ];
}

const enterKey: Choice = { value: "key", label: "Enter a key", hint: "of Anthropic, OpenAI, Google, …" };

/** Models to choose from; one or none when there is no choice. */
export function modelsOf(sight: Sight): readonly string[] {
  const [kind, provider = ""] = textOf(sight, "model").split(":");
  if (kind === "server")
    return sight.facts.servers.find((server) => server.provider === provider)?.models ?? [];
  const vendor = kind === "key" ? textOf(sight, "model.provider") : kind === "login" ? provider : "";
  const model = sight.facts.vendors.find(({ id }) => id === vendor)?.model;
  return model ? [`${vendor}/${model}`] : [];
}

function nameOf({ facts }: Sight, provider: string): string {
  return facts.vendors.find(({ id }) => id === provider)?.name ?? provider;
}
