import { isObject } from "../../../core/json.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { tildePath } from "../../format.ts";
import { flag } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";
import { setting } from "../../target.ts";

interface AgentRow {
  id: string;
  name: string | null;
  isDefault: boolean;
  model: string | null;
  workspace: string | null;
}

export const run: CommandBody = async (context, _args, options) => {
  const { out, paths } = context;
  const agents = context.globals.url ? await remoteAgents(context) : await localAgents(context);
  if (flag(options, "json")) return out.json({ agents });
  out.table(
    agents.map((agent) => ({
      agent: `${agent.id}${agent.isDefault ? " (default)" : ""}`,
      name: agent.name ?? "-",
      model: agent.model ?? "-",
      workspace: agent.workspace ? tildePath(agent.workspace, paths.home) : "-",
    })),
  );
};

async function localAgents({ openConfig, paths }: CommandContext): Promise<AgentRow[]> {
  const { config } = (await openConfig()).read();
  const defaults = setting(config, "agents.defaults");
  const listed = setting(config, "agents.list");
  const list = Array.isArray(listed) ? listed.filter(isObject) : [];
  // Without a list there is the one agent `main`.
  const agents = list.length > 0 ? list : [{ id: "main", default: true }];
  const chosen = agents.find((agent) => agent.default === true) ?? agents[0];
  return agents.map((agent) => ({
    id: String(agent.id),
    name: textOf(agent.name) ?? textOf(setting(agent, "identity.name")),
    isDefault: agent === chosen,
    model: modelOf(agent) ?? modelOf(defaults),
    workspace: textOf(agent.workspace) ?? textOf(setting(defaults, "workspace")) ?? paths.defaultWorkspaceDir,
  }));
}

async function remoteAgents(context: CommandContext): Promise<AgentRow[]> {
  const answer = await callGateway(context, { method: "agents.list" });
  const list = isObject(answer) && Array.isArray(answer.agents) ? answer.agents.filter(isObject) : [];
  const defaultId = isObject(answer) ? answer.defaultId : undefined;
  return list.map((agent) => ({
    id: String(agent.id),
    name: textOf(agent.name) ?? textOf(setting(agent, "identity.name")),
    isDefault: agent.id === defaultId,
    model: modelOf(agent),
    workspace: textOf(agent.workspace),
  }));
}

function modelOf(holder: unknown): string | null {
  return textOf(setting(holder, "model.primary")) ?? textOf(setting(holder, "model"));
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value ? value : null;
}
