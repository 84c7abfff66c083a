import { loadPrincipal } from "../core/authority.ts";
import { addUsage, noUsage } from "../core/conversation.ts";
import { UserError } from "../core/errors.ts";
import type { Lease } from "../ledger/contract.ts";
import type { SessionStore } from "../sessions/contract.ts";
import { isHeartbeat } from "./aside.ts";
import type { RunHooks, Tool } from "./contract.ts";
import { createOutputStore } from "./output.ts";
import { labelEntry } from "./prompt.ts";
import type { PromptSource } from "./prompt-source.ts";
import { authorityOf, mergeOptions, startingEntries, type RunDeps, type RunState } from "./run-state.ts";
import {
  confined,
  placeOf,
  policyOf,
  recordSandbox,
  sandboxFor,
  wasSandboxed,
  type RunSandbox,
} from "./run-sandbox.ts";
import type { AgentSettings } from "./settings.ts";
import { specOfClientTool, type ToolSpecSource } from "./tool-specs.ts";
import { decideTool, policySessionKind } from "./tools-policy.ts";

/**
 * Gathers what a run works with: the conversation, who asks, model, tools on offer and the system prompt.
 * @throws UserError when the model that was asked for does not exist; REWIND_GONE when what the message is to replace is not
 * part of the conversation any more.
 */
export async function openRun(input: {
  lease: Lease;
  hooks: RunHooks;
  settings: AgentSettings;
  tools: readonly Tool[];
  prompts: PromptSource;
  specsOf: ToolSpecSource;
  /** Id of the entry this run's message takes the place of, until that is in the transcript. */
  replaces: string | null;
  /** Offered when there are skills that lie outside the workspace. */
  skillTool: Tool;
  deps: RunDeps;
}): Promise<RunState> {
  const { lease, hooks, settings, prompts, deps } = input;
  const session = await deps.sessions.ensure(lease.sessionKey, lease.agentId);
  const options = mergeOptions(lease);
  const history = options.history ?? [];
  const modelOverride = options.model ?? session.settings.model ?? null;
  const model = deps.models.resolve(lease.agentId, modelOverride ?? undefined);
  const sandbox = await sandboxOf(lease, settings, deps);
  const principal = confined(authorityOf(lease), sandbox);
  const sessionKind = policySessionKind(lease.sessionKey, settings.mainKey);
  const clientTools = options.clientTools ?? [];
  const clientToolNames = new Set(clientTools.map((tool) => tool.name));

  const skills = await prompts.skills(settings);
  const isHidden = sandbox?.box.access === "none";
  const skillTool = skills.some((skill) => isHidden || skill.source === "managed") ? [input.skillTool] : [];
  const tools = [...input.tools, ...skillTool].filter(
    (tool) =>
      // A client that brings a tool of the same name means its own.
      !clientToolNames.has(tool.name) &&
      decideTool(tool, {
        settings: settings.tools,
        agentId: lease.agentId,
        session: sessionKind,
        owner: principal.owner,
        sandbox: sandbox && policyOf(sandbox),
        provider: model.provider,
        model: model.id,
      }).allowed,
  );
  const toolSpecs = [...(await input.specsOf(tools)), ...clientTools.map(specOfClientTool)];
  const first = lease.messages[0];
  const system = await prompts.build(settings, {
    agentId: lease.agentId,
    sessionId: lease.sessionId,
    session: sessionKind,
    channel: first?.deliverTo?.channel ?? session.channel,
    owner: principal.owner,
    sandbox: sandbox && { summary: sandbox.box.summary, hidesWorkspace: isHidden },
    tools: toolSpecs.map((tool) => tool.name),
    extraSystemPrompt: options.extraSystemPrompt ?? null,
    now: deps.clock.now(),
    model: model.ref,
    heartbeat: first?.door === "heartbeat",
  });

  const context =
    input.replaces === null
      ? deps.sessions.context(lease.sessionKey)
      : deps.sessions.contextBefore(lease.sessionKey, input.replaces);
  if (context === null)
    throw new UserError("REWIND_GONE", "the message that was to be changed is not in this conversation now", {
      hint: "send the text as a new message",
    });
  if (isHeartbeat(lease)) context.push(...ownAsides(deps.sessions, lease));
  const entries = startingEntries(context, history, lease.runId);
  const own = lease.resumed ? entries.filter((entry) => entry.runId === lease.runId) : [];
  const state: RunState = {
    lease,
    hooks,
    signal: hooks.signal,
    settings,
    sessionKind,
    sandbox,
    options,
    model,
    modelOverride,
    thinking: model.reasoning
      ? (options.thinking ?? session.settings.thinkingLevel ?? settings.thinkingDefault)
      : "off",
    tools,
    toolSpecs,
    clientToolNames,
    system,
    saveOutput: createOutputStore(placeOf(sandbox, settings.workspaceDir), deps.logger),
    now: () => deps.clock.now(),
    refreshAuthority: () => {
      state.principal = confined(authorityOf(state.lease), sandbox);
    },
    said: Promise.resolve(),
    principal,
    entries,
    prompt: entries.map((entry) => labelEntry(entry, lease.sessionId)),
    hasForeignHistory: history.length > 0,
    usage: own.reduce((sum, entry) => (entry.usage ? addUsage(sum, entry.usage) : sum), noUsage),
    provider: model.provider,
    modelId: model.id,
    rounds: own.filter((entry) => entry.role === "assistant").length,
    payloads: [],
    callIds: new Set(
      own.flatMap((entry) => entry.content.flatMap((block) => (block.type === "tool_use" ? [block.id] : []))),
    ),
  };
  return state;
}

/** Where the run's tools execute; what was decided for an earlier attempt of it holds. */
async function sandboxOf(lease: Lease, settings: AgentSettings, deps: RunDeps): Promise<RunSandbox | null> {
  if (deps.sandboxes === null) return null;
  const { agentId, sessionKey, runId } = lease;
  const recorded = lease.resumed && wasSandboxed(deps.ledger, runId);
  const sandbox = sandboxFor(deps.sandboxes, {
    subject: { agentId, sessionKey, workspaceDir: settings.workspaceDir },
    mainKey: settings.mainKey,
    principal: authorityOf(lease),
    get senders() {
      return lease.messages.map((message) => loadPrincipal(message.principal));
    },
    recorded,
  });
  if (sandbox && !recorded) await recordSandbox(deps.ledger, runId, sandbox);
  return sandbox;
}

/** What was put before a run, and what earlier attempts of it recorded, that is not part of the conversation. */
const ownAsides = (sessions: SessionStore, { sessionKey, runId, resumed }: Lease) =>
  sessions
    .tail(sessionKey, resumed ? 5000 : 200, { asides: true })
    .filter((entry) => entry.kind === "aside" && entry.runId === runId);
