import type { JsonObject } from "../../core/json.ts";
import type { ChannelFacts, Facts, Sight, Step } from "../contract.ts";
import { wordsOf } from "../words/index.ts";
import { isLocal, listOf, textOf } from "./sight.ts";

/** Which chats the agent is in (WIZ-005); each channel asks for what its manifest names. */
export function channelSteps(facts: Facts): Step[] {
  return [pick(facts), ...facts.channels.flatMap((channel) => credentialSteps(facts, channel))];
}

function pick(facts: Facts): Step {
  const { channels: said } = wordsOf(facts).steps;
  return {
    id: "channels",
    section: "channels",
    kind: "multiselect",
    title: said.title,
    message: () => said.message,
    choices: () =>
      facts.channels.map(({ id, label, login }) => ({
        value: id,
        label,
        ...(facts.config.channels.includes(id)
          ? { hint: said.configured }
          : login
            ? { hint: said.login(`openclaw channels login --channel ${id}`) }
            : {}),
      })),
    initial: () => facts.config.channels.filter((id) => facts.channels.some((each) => each.id === id)),
    when: (sight) => isLocal(sight) && facts.channels.length > 0,
  };
}

function credentialSteps(facts: Facts, channel: ChannelFacts): Step[] {
  const { steps, problems: words } = wordsOf(facts);
  const said = steps.credential;
  return channel.credentials.map((credential, at) => ({
    id: credentialId(channel.id, credential.key),
    section: "channels",
    kind: "text",
    title: said.title(channel.label, credential.titles?.[facts.language] ?? credential.title),
    message: () => (credential.optional ? said.optional : said.needed),
    sensitive: true,
    ...(credential.optional ? { optional: true as const } : {}),
    ...(credential.optional ? { initial: () => "" } : {}),
    when: (sight) => isNew(sight, channel.id),
    validate(value, sight) {
      const last = at === channel.credentials.length - 1;
      if (!last && value === "") return null;
      // The channel judges its section: the key that was given at once, what is missing when all were asked for.
      const problems = channel
        .check(
          channelPatch(channel, {
            ...sight,
            answers: { ...sight.answers, [credentialId(channel.id, credential.key)]: value },
          }),
        )
        .filter(({ key }) => last || key === credential.key);
      return problems.length > 0
        ? problems.map(({ key, message }) => words.setting(key, message)).join("; ")
        : null;
    },
  }));
}

const credentialId = (channel: string, key: string) => `channel.${channel}.${key}`;

/** Chosen, and not in the configuration yet. */
export function isNew(sight: Sight, id: string): boolean {
  return listOf(sight, "channels").includes(id) && !sight.facts.config.channels.includes(id);
}

/** The section of a channel as the answers make it. */
export function channelPatch(channel: ChannelFacts, sight: Sight): JsonObject {
  const section: JsonObject = { enabled: true };
  for (const { key } of channel.credentials) {
    const value = textOf(sight, credentialId(channel.id, key));
    if (value !== "") section[key] = value;
  }
  return section;
}
