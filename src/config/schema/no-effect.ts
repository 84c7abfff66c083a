/** A key that is accepted so that existing files stay valid, though nothing in this version reads it. */
export interface NoEffect {
  /** Dotted path, `*` for any name or index; everything below it counts too. */
  prefix: string;
  /** Why it does nothing, or what happens instead: one phrase. */
  reason: string;
}

const subagents = "there are no sub-agents yet";
const commands = "the chat commands and who may use them are fixed";

const list: Array<[reason: string, ...prefixes: string[]]> = [
  ["failed logins of this machine count too", "gateway.auth.rateLimit.exemptLoopback"],
  ["a change is read within a second; keys marked restart need `openclaw gateway restart`", "gateway.reload"],
  ["the model that answers gets the pictures too", "agents.defaults.imageModel"],
  ["parameters per model are not passed on yet", "agents.defaults.models.*.params"],
  ["the prompt names no repository", "agents.defaults.repoRoot"],
  ["tool activity is not shown in chats", "agents.defaults.verboseDefault"],
  ["prompts use the 24 hour clock", "agents.defaults.timeFormat"],
  ["old turns are summarised without that step", "agents.defaults.compaction.memoryFlush"],
  ["prompts are shortened by compaction only", "agents.defaults.contextPruning"],
  [
    "notes are found by their words, not by embeddings",
    "agents.defaults.memorySearch.provider",
    "agents.defaults.memorySearch.model",
    "agents.defaults.memorySearch.remote",
    "memory.citations",
  ],
  [
    "only notes of the workspace are searched",
    "agents.defaults.memorySearch.extraPaths",
    "agents.list.*.memorySearch.extraPaths",
  ],
  [subagents, "agents.defaults.subagents", "agents.list.*.subagents", "tools.subagents"],
  [
    "nothing is run in a new container; use an image that has what commands need",
    "agents.defaults.sandbox.docker.setupCommand",
  ],
  [
    "only tools.byProvider limits by provider",
    "agents.defaults.tools.byProvider",
    "agents.defaults.sandbox.tools.byProvider",
    "agents.list.*.sandbox.tools.byProvider",
    "tools.sandbox.tools.byProvider",
    "agents.list.*.tools.byProvider",
  ],
  ["state of agents lies in the state directory", "agents.list.*.agentDir"],
  ["write it into SOUL.md or IDENTITY.md of the workspace", "agents.list.*.identity.theme"],
  ["agents.defaults.timeoutSeconds holds for every agent", "agents.list.*.timeoutSeconds"],
  ["the built-in list stays", "models.mode"],
  ["the wire format decides how a key is sent", "models.providers.*.authHeader"],
  ["peculiarities are not switched", "models.providers.*.models.*.compat"],
  ["lists of models are not asked for", "models.catalogRefresh"],
  ["logins are those of `openclaw models auth list`", "auth.profiles"],
  ["the agent asks with the process tool", "tools.exec.notifyOnExit"],
  ["file tools are always confined to the workspace", "tools.fs.workspaceOnly"],
  [
    "the owner's main session reaches the sessions of its agent, every other one itself and those it started",
    "tools.sessions.visibility",
  ],
  ["commands get what tools.exec.passEnv names", "tools.env"],
  ["messages are not held back", "messages.inbound"],
  ["sessions start over by command only", "session.reset"],
  ["sessions are kept", "session.maintenance"],
  ["schedules run one turn of their own each", "cron.maxConcurrentRuns"],
  ["jobs are those of `openclaw cron list`", "cron.jobs"],
  ["runs are kept as long as the rest of the ledger", "cron.runRetentionDays"],
  ["code from files is not run; a call to such a mapping answers 501", "hooks.mappings.*.transform"],
  ["canvas pages are on the gateway's own port", "canvasHost.port"],
  ["a browser of its own is started; none that runs is taken over", "browser.profiles"],
  ["there are no bundled skills", "skills.allowBundled"],
  ["skills lie in the workspace and in <state dir>/skills, and are read afresh", "skills.load"],
  ["a plug-in's settings are those of its channel, channels.<id>", "plugins.entries.*.config"],
  [
    commands,
    "commands.text",
    "commands.native",
    "commands.nativeSkills",
    "commands.bash",
    "commands.config",
    "commands.debug",
    "commands.restart",
    "commands.useAccessGroups",
  ],
  ["the page has its own colours", "ui.seamColor"],
  ["the gateway is not announced", "discovery"],
  ["talk mode is a phone's own; answers are spoken by `tts`", "talk"],
];

/** Every such key of this version. */
export function noEffectKeys(): NoEffect[] {
  return list.flatMap(([reason, ...prefixes]) => prefixes.map((prefix) => ({ prefix, reason })));
}

/** Channels this version can start; a section of any other one waits for a version that has it. */
export const channelNames: readonly string[] = [
  "telegram",
  "whatsapp",
  "discord",
  "slack",
  "signal",
  "webhook",
];
