import { z } from "zod";
import { declaredVariables, isVariableName, type SkillStatus } from "../../agent/index.ts";
import { sleep } from "../../core/clock.ts";
import { isObject } from "../../core/json.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { noteFor, written } from "./config-write.ts";
import { agentsOf, defaultAgentOf, invalidRequest, requireAgent } from "./settings.ts";

const word = z.string().min(1).max(200);
/** Not a NUL: no environment can hold one. */
const value = z
  .string()
  .max(8192)
  .regex(/^[^\0]*$/, "text without NUL bytes");

/** `skills.*` (protocol.md 3.7). `agentId` and `plan` of `skills.install` are ours. */
export function createSkillMethods(services: GatewayServices): Method[] {
  const { skills, config } = services;
  const agentOf = (agentId: string | undefined) =>
    agentId ? requireAgent(services, agentId) : defaultAgentOf(services);

  /** The skill of any agent that is configured under this key. */
  async function skillWithKey(key: string): Promise<SkillStatus> {
    const known = new Set<string>();
    for (const { id } of agentsOf(services)) {
      const report = await skills.status(id);
      for (const skill of report.skills) {
        if (skill.skillKey === key) return skill;
        known.add(skill.skillKey);
      }
    }
    throw invalidRequest(
      `unknown skill ${JSON.stringify(key.slice(0, 80))}; there is ${[...known].sort().join(", ") || "none"}`,
      "openclaw skills list",
    );
  }

  return [
    method({
      name: "skills.status",
      authority: "read",
      params: () => z.strictObject({ agentId: z.string().optional() }),
      handler: ({ agentId }) => skills.status(agentOf(agentId)),
    }),
    method({
      name: "skills.bins",
      authority: "node",
      params: () => z.strictObject({}),
      handler: async () => ({ bins: await skills.bins() }),
    }),
    method({
      name: "skills.update",
      authority: "admin",
      params: () =>
        z.strictObject({
          skillKey: word,
          enabled: z.boolean().optional(),
          /** Empty takes it away. */
          apiKey: value.optional(),
          /** Values by name; an empty one takes the name away. */
          env: z.record(word, value).optional(),
        }),
      async handler({ skillKey, enabled, apiKey, env = {} }, context) {
        const skill = await skillWithKey(skillKey);
        if (apiKey && skill.primaryEnv === undefined)
          throw invalidRequest(
            `skill ${skill.name} names no variable for a key`,
            `openclaw skills info ${skill.name}`,
          );
        const declared = declaredVariables(skill);
        const odd = Object.entries(env).find(([name, text]) => text !== "" && !declared.includes(name))?.[0];
        if (odd !== undefined)
          throw invalidRequest(
            isVariableName(odd)
              ? `skill ${skill.name} asks for no variable ${odd}; it asks for ${declared.join(", ") || "none"}`
              : `${JSON.stringify(odd.slice(0, 80))} cannot be given to a skill`,
            `openclaw skills info ${skill.name}`,
          );
        const kept = (text: string) => (text.trim() === "" ? null : literally(text.trim()));
        const patch = {
          ...(enabled === undefined ? {} : { enabled }),
          ...(apiKey === undefined ? {} : { apiKey: kept(apiKey) }),
          ...(Object.keys(env).length === 0
            ? {}
            : { env: Object.fromEntries(Object.entries(env).map(([name, text]) => [name, kept(text)])) }),
        };
        const { hash } = config.read();
        const { note } = await noteFor(
          config,
          { baseHash: hash, reason: `skills.update ${skillKey}` },
          context,
        );
        const snapshot =
          Object.keys(patch).length === 0
            ? config.read()
            : written(() => config.merge({ skills: { entries: { [skillKey]: patch } } }, note));
        await taken(services, snapshot.hash);
        return { ok: true, skillKey, config: shown(snapshot.config.skills.entries[skillKey]) };
      },
    }),
    method({
      name: "skills.install",
      authority: "admin",
      params: () =>
        z.strictObject({
          name: word,
          installId: word,
          timeoutMs: z.int().min(1000).optional(),
          agentId: z.string().optional(),
          /** Digest of the plan that was shown (`skills.status`, `install[].plan`). */
          plan: z.string().max(64).optional(),
        }),
      handler({ agentId, ...wish }, { connection }) {
        const { client } = connection;
        return skills.install({
          ...wish,
          agentId: agentOf(agentId),
          by: `rpc:${client.displayName ?? client.id}`,
        });
      },
    }),
  ];
}

const takenWithinMs = 1500;

/** Waits until the gateway works with this revision: whoever asks next for the skills is told of them as they are now. */
async function taken(services: GatewayServices, hash: string): Promise<void> {
  const { clock } = services;
  const giveUp = clock.monotonic() + takenWithinMs;
  while (services.current().hash !== hash && clock.monotonic() < giveUp) await sleep(clock, 25);
}

/** What was typed is the key itself, also where it looks like a reference of the configuration. */
const literally = (text: string): string => text.replaceAll("${", () => "$${");

/** A setting without its secrets. */
function shown(entry: unknown): Record<string, unknown> {
  if (!isObject(entry)) return {};
  const { enabled, apiKey, env } = entry;
  const hidden = "__OPENCLAW_REDACTED__";
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(apiKey ? { apiKey: hidden } : {}),
    ...(isObject(env) ? { env: Object.fromEntries(Object.keys(env).map((name) => [name, hidden])) } : {}),
  };
}
