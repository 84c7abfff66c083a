import { decideTool, type SandboxPolicyInput } from "../agent/tools-policy.ts";
import type { ToolPolicySettings } from "../agent/settings.ts";
import type { Tool } from "../agent/contract.ts";
import type { ToolMatrix } from "../gateway/contract.ts";

const columns: ToolMatrix["columns"] = [
  { session: "main", owner: true },
  { session: "direct", owner: true },
  { session: "direct", owner: false },
  { session: "group", owner: true },
  { session: "group", owner: false },
  { session: "cron", owner: true },
  { session: "hook", owner: false },
  { session: "subagent", owner: true },
];

/** Asks the policy that runs ask, for every tool and kind of session, with the model the agent would use first. */
export function toolMatrix(of: {
  tools: readonly Tool[];
  settings: ToolPolicySettings;
  /** Where tools execute in a kind of session; on the machine everywhere when absent. */
  sandbox?: (who: ToolMatrix["columns"][number]) => SandboxPolicyInput | null;
  agentId: string;
  model: { provider: string; id: string };
}): ToolMatrix {
  const { settings, agentId, model } = of;
  return {
    columns,
    tools: of.tools
      .map((tool) => ({
        name: tool.name,
        about: firstSentence(tool.description),
        groups: tool.groups,
        effect: tool.effect,
        refusedBy: columns.map((column) => {
          const input = {
            settings,
            agentId,
            provider: model.provider,
            model: model.id,
            sandbox: of.sandbox?.(column) ?? null,
            ...column,
          };
          const decision = decideTool(tool, input);
          return decision.allowed ? null : decision.rule;
        }),
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

const firstSentence = (text: string): string => /^[^]*?[.:](?=\s|$)/.exec(text)?.[0] ?? text;
