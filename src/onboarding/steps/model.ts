import { Secret } from "../../core/secret.ts";
import type { Choice, Facts, Sight, Step, Trial, Verdict } from "../contract.ts";
import { wordsOf } from "../words/index.ts";
import { isLocal, textOf } from "./sight.ts";

/** Which model answers (WIZ-003, WIZ-004): a key that is here, a server on this machine, a new key, or none. */
export function modelSteps(facts: Facts): Step[] {
  const { steps: said, problems } = wordsOf(facts);
  const hasKeyAnswer = (sight: Sight) => isLocal(sight) && textOf(sight, "model") === "key";
  return [
    {
      id: "model",
      section: "model",
      kind: "select",
      title: said.model.title,
      message: () => said.model.message,
      choices: () => sources(facts),
      initial: () => sources(facts)[0]?.value ?? "builtin",
      when: isLocal,
      async test(value, _sight, probes) {
        const provider = /^login:(.+)$/.exec(String(value))?.[1];
        return provider === undefined
          ? { is: "fine" }
          : verdictOf(await probes.login(provider), { facts, provider });
      },
      flag: "--model-source",
    },
    {
      id: "model.provider",
      section: "model",
      kind: "select",
      title: said.provider.title,
      message: () => said.provider.message,
      choices: () => facts.vendors.map(({ id, name }) => ({ value: id, label: name })),
      initial: () => facts.vendors[0]?.id ?? "",
      when: hasKeyAnswer,
      flag: "--provider",
    },
    {
      id: "model.key",
      section: "model",
      kind: "text",
      title: said.key.title,
      message: (sight) => said.key.message(nameOf(facts, textOf(sight, "model.provider"))),
      sensitive: true,
      when: hasKeyAnswer,
      validate: (value) =>
        typeof value === "string" && /^[\x21-\x7e]{8,8192}$/.test(value) ? null : problems.key,
      async test(value, sight, probes) {
        const provider = textOf(sight, "model.provider");
        return verdictOf(await probes.key(provider, new Secret(String(value))), { facts, provider });
      },
      flag: "--api-key",
    },
    {
      id: "model.name",
      section: "model",
      kind: "select",
      title: said.modelName.title,
      message: () => said.modelName.message,
      choices: (sight) => modelsOf(sight).map((ref) => ({ value: ref, label: ref })),
      initial: (sight) => modelsOf(sight)[0] ?? "",
      when: (sight) => isLocal(sight) && modelsOf(sight).length > 1,
    },
  ];
}

function sources(facts: Facts): Choice[] {
  const { model: said } = wordsOf(facts).steps;
  const { primary } = facts.config;
  const logins = facts.logins.filter(
    (login, at) => facts.logins.findIndex(({ provider }) => provider === login.provider) === at,
  );
  const enterKey: Choice = { value: "key", ...said.key };
  return [
    ...(primary ? [{ value: "keep", ...said.keep(primary) }] : []),
    ...logins.map((login) => ({
      value: `login:${login.provider}`,
      label: login.name,
      hint: said.found(login.source),
    })),
    ...facts.servers.map((server) => ({
      value: `server:${server.provider}`,
      label: said.server(server.name),
      hint: server.models.slice(0, 3).join(", "),
    })),
    // Without any key, nobody who is not asked must be stopped for one: the built-in model comes before it.
    ...(facts.logins.length + facts.servers.length > 0 || facts.surface !== "flags" ? [enterKey] : []),
    { value: "builtin", ...said.builtin },
    ...(facts.logins.length + facts.servers.length === 0 && facts.surface === "flags" ? [enterKey] : []),
  ];
}

/** Models to choose from; one or none when there is no choice. */
export function modelsOf(sight: Sight): readonly string[] {
  const [kind, provider = ""] = textOf(sight, "model").split(":");
  if (kind === "server")
    return sight.facts.servers.find((server) => server.provider === provider)?.models ?? [];
  const vendor = kind === "key" ? textOf(sight, "model.provider") : kind === "login" ? provider : "";
  const model = sight.facts.vendors.find(({ id }) => id === vendor)?.model;
  return model ? [`${vendor}/${model}`] : [];
}

function nameOf(facts: Facts, provider: string): string {
  return facts.vendors.find(({ id }) => id === provider)?.name ?? provider;
}

function verdictOf(trial: Trial, { facts, provider }: { facts: Facts; provider: string }): Verdict {
  const { trials } = wordsOf(facts);
  if (trial.is === "fine") return { is: "fine", told: trials.fine };
  if (trial.is === "missing") return { is: "wrong", told: trials.missing(provider) };
  const told = trials[trial.is](trial.why);
  return { is: trial.is === "untried" ? "doubt" : "wrong", told };
}
