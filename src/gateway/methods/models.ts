import { z } from "zod";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { modelSettings } from "../../models/index.ts";
import { defaultAgentOf, requireAgent, settingsOf } from "./settings.ts";

/** `models.list`, `models.status`, `usage.status`, `usage.cost` (protocol.md 3.1, 3.7). */
export function createModelMethods(services: GatewayServices): Method[] {
  return [...modelMethods(services), ...usageMethods(services)];
}

function modelMethods(services: GatewayServices): Method[] {
  const { models } = services;
  return [
    method({
      name: "models.list",
      authority: "read",
      params: () => z.strictObject({}),
      handler: () => ({
        models: models.list().map((model) => ({
          id: model.id,
          name: model.name,
          provider: model.provider,
          contextWindow: model.contextWindow,
          reasoning: model.reasoning,
          input: model.input,
        })),
      }),
    }),
    method({
      name: "models.status",
      authority: "read",
      params: () => z.strictObject({ probe: z.boolean().optional(), agentId: z.string().min(1).optional() }),
      async handler({ probe = false, agentId }, context) {
        const agent = agentId === undefined ? defaultAgentOf(services) : requireAgent(services, agentId);
        const profiles = await models.status({ probe, agentId: agent, signal: context.signal });
        const { fallbacks, order } = modelSettings(settingsOf(services), agent);
        return {
          ts: services.clock.now(),
          agentId: agent,
          primary: models.resolve(agent).ref,
          // Tried in this order when the first cannot answer.
          fallbacks,
          order,
          profiles,
        };
      },
    }),
  ];
}

function usageMethods(services: GatewayServices): Method[] {
  const { models, sessions, clock } = services;
  return [
    method({
      name: "usage.status",
      authority: "read",
      lenient: true,
      params: () => z.object({}),
      async handler(_params, context) {
        const profiles = await models.status({ signal: context.signal });
        const providers = [...new Set(profiles.map((profile) => profile.provider))];
        return {
          updatedAt: clock.now(),
          // No provider here reports how much of a plan is used, so there are no windows to show.
          providers: providers.map((provider) => {
            const usable = profiles.some((each) => each.provider === provider && each.state === "valid");
            const broken = profiles.find((each) => each.provider === provider && each.state !== "valid");
            return {
              provider,
              displayName: provider,
              windows: [],
              ...(usable || !broken ? {} : { error: broken.detail ?? broken.state }),
            };
          }),
        };
      },
    }),
    method({
      name: "usage.cost",
      authority: "read",
      lenient: true,
      params: () =>
        z.object({
          days: z
            .union([z.number(), z.string().regex(/^\d{1,4}$/, "a number of days")])
            .transform(Number)
            .pipe(z.int().min(1).max(3650))
            .optional(),
        }),
      handler({ days = 30 }) {
        const daily = sessions.usageByDay(days).map(({ date, usage, missingCostEntries }) => ({
          date,
          input: usage.input,
          output: usage.output,
          cacheRead: usage.cacheRead,
          cacheWrite: usage.cacheWrite,
          totalTokens: usage.total,
          totalCost: usage.cost ?? 0,
          missingCostEntries,
        }));
        const totals = {
          input: 0,
          output: 0,
          cacheRead: 0,
          cacheWrite: 0,
          totalTokens: 0,
          totalCost: 0,
          missingCostEntries: 0,
        };
        for (const { date: _date, ...day } of daily) {
          for (const name of Object.keys(totals) as Array<keyof typeof totals>) totals[name] += day[name];
        }
        return { updatedAt: clock.now(), days, daily, totals };
      },
    }),
  ];
}
