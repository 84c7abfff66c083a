import type { JsonObject } from "../../core/json.ts";
import type { ChannelFacts, Facts, Sight, Step } from "../contract.ts";
import { isLocal, listOf, textOf } from "./sight.ts";

/** Which chats the agent is in (WIZ-005); each channel asks for what its manifest names. */
export function channelSteps(facts: Facts): Step[] {
  return [pick, ...facts.channels.flatMap((channel) => credentialSteps(channel))];
}

const pick: Step = {
  id: "channels",
  section: "channels",
  kind: "multiselect",
  title: "Channels",
  message: () =>
    "Where you write to the agent beside the web page. None is fine; add one later: openclaw channels add. Strangers are asked for a pairing code before the agent hears them.",
  choices: ({ facts }) =>
    facts.channels.map(({ id, label, login }) => ({
      value: id,
      label,
      ...(facts.config.channels.includes(id)
        ? { hint: "configured" }
        : login
          ? { hint: `then: openclaw channels login --channel ${id}` }
          : {}),
    })),
  initial: ({ facts }) => facts.config.channels.filter((id) => facts.channels.some((each) => each.id === id)),
  when: (sight) => isLocal(sight) && sight.facts.channels.length > 0,
};

function credentialSteps(channel: ChannelFacts): Step[] {
  return channel.credentials.map((credential, at) => ({
    id: credentialId(channel.id, credential.key),
    section: "channels",
    kind: "text",
    title: `${channel.label}: ${credential.title}`,
    message: () =>
      credential.optional
        ? "Leave it empty when you have none."
        : "It is written into the configuration file.",
    sensitive: true,
    ...(credential.optional ? { optional: true as const } : {}),
    ...(credential.optional ? { initial: () => "" } : {}),
    when: (sight) => isNew(sight, channel.id),
    validate(value, sight) {
      if (at < channel.credentials.length - 1 && value !== "") return null;
      // With the last of them the whole section can be judged, by the channel itself.
      const problems = channel.check(
        channelPatch(channel, {
          ...sight,
          answers: { ...sight.answers, [credentialId(channel.id, credential.key)]: value },
        }),
      );
      return problems.length > 0 ? problems.map(({ key, message }) => `${key}: ${message}`).join("; ") : null;
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
