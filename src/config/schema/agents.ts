import * as z from "zod/mini";
import {
  anything,
  countOr,
  flagOr,
  key,
  mapOf,
  optionalCount,
  optionalFlag,
  optionalSection,
  optionalText,
  optionalTexts,
  optionalWord,
  requiredText,
  secret,
  section,
  text,
  textOr,
  textsOr,
  wordOr,
} from "./key.ts";

const thinkingWords = ["off", "minimal", "low", "medium", "high", "xhigh"] as const;

/** `provider/model` with fallbacks; the short spelling "provider/model" means the primary (CONF-55). */
const modelShape = {
  primary: optionalText("Model as provider/model; the first usable one is found when empty.", {
    placeholder: "anthropic/claude-opus-4-6",
  }),
  fallbacks: textsOr([], "Models tried in this order when the primary cannot answer."),
};

/** Tool policy as it appears under agents, providers and the sandbox (CFG-027, 028, 032). */
const toolPolicyShape = {
  profile: optionalText("Named starting set: minimal, coding, messaging, full."),
  allow: optionalTexts("Only these tools (names, group:…, wildcards). An empty list allows none."),
  alsoAllow: optionalTexts("Tools in addition to what the profile gives."),
  deny: optionalTexts("Never these tools; goes before every allow."),
};
// One instance for all places it appears in: building schemas is what reading a config costs most.
const toolPolicy = z.object({
  ...toolPolicyShape,
  byProvider: key(
    z.optional(z.record(text, z.object(toolPolicyShape))),
    "Further limits while a certain provider (or provider/model) answers.",
  ),
});
export const optionalToolPolicy = (description: string) => key(z.optional(toolPolicy), description);

const agentTools = z.extend(toolPolicy, {
  exec: optionalSection(
    {
      host: optionalWord(["auto", "gateway", "sandbox", "node"], "Where its commands run."),
      node: optionalText("Id or name of the node that runs its commands with host `node`."),
      security: optionalWord(["deny", "allowlist", "full"], "As tools.exec.security; only stricter counts."),
      ask: optionalWord(["off", "on-miss", "always"], "As tools.exec.ask; only stricter counts."),
    },
    "The exec tool of this agent, where it differs from tools.exec.",
  ),
});

const sandboxModes = ["off", "non-main", "all"] as const;
const sandboxScopes = ["session", "agent", "shared"] as const;
const workspaceAccess = ["none", "ro", "rw"] as const;

const sandboxShape = {
  mode: wordOr(
    sandboxModes,
    "off",
    "Which sessions run their tools in a sandbox: none, all but the main one, all.",
  ),
  scope: wordOr(sandboxScopes, "agent", "What shares one sandbox."),
  workspaceAccess: wordOr(
    workspaceAccess,
    "none",
    "The agent's workspace inside: none (a private folder stands in its place), ro or rw.",
  ),
  workspaceRoot: optionalText("Directory for private folders; <state dir>/sandboxes when empty."),
  backend: wordOr(
    ["auto", "bubblewrap", "docker", "podman"],
    "auto",
    "What builds the sandbox; auto takes bubblewrap where it is installed.",
    { reload: "restart" },
  ),
  docker: section(
    {
      image: textOr("openclaw-sandbox:bookworm-slim", "Image of sandbox containers."),
      network: textOr("none", "Network: none, or with docker and podman the name of one."),
      memory: optionalText("Memory limit; 1g when empty."),
      cpus: key(z.optional(z.number()), "CPU limit."),
      pidsLimit: optionalCount("Most processes; 256 when empty."),
      env: mapOf(text, "Environment variables of commands inside."),
      binds: textsOr([], "Further folders: /outside:/inside, read-only, or /outside:/inside:rw."),
      setupCommand: optionalText("Command run once in a new container."),
    },
    "What a sandbox is made of; everything but the image holds for bubblewrap too.",
    { reload: "restart", advanced: true },
  ),
  tools: optionalToolPolicy("Tools inside the sandbox."),
  prune: section(
    {
      idleHours: countOr(24, "Remove containers that were not used for so many hours; 0 keeps them."),
      maxAgeDays: countOr(7, "Remove private folders that were not used for so many days; 0 keeps them."),
    },
    "Clean-up of old sandboxes.",
    { advanced: true },
  ),
};

const heartbeatShape = {
  every: optionalText(
    "How often the agent looks around by itself: 30m, 2h; 0m switches it off. 30m when empty, and then only with tasks in HEARTBEAT.md.",
  ),
  prompt: optionalText("What it is told then, instead of our own words."),
  target: optionalText("Where an answer goes: last (the chat last used, the default), none, or a channel."),
  to: optionalText("Recipient in that channel."),
  accountId: optionalText("Account of that channel."),
  session: optionalText("Session it looks around in; the main one when empty."),
  model: optionalText("Model for heartbeats."),
  ackMaxChars: optionalCount(
    "Most characters beside HEARTBEAT_OK that still mean nothing to report; 300 when empty.",
  ),
  includeReasoning: optionalFlag("Send what the model thought too."),
  activeHours: optionalSection(
    {
      start: textOr("08:00", "First minute, HH:MM."),
      end: textOr("24:00", "Last minute, HH:MM."),
      timezone: optionalText("IANA time zone; the user's by default."),
    },
    "Only at these hours.",
  ),
};

const memorySearchShape = {
  enabled: flagOr(true, "Let agents search their notes."),
  provider: wordOr(["auto", "local", "openai", "gemini", "none"], "auto", "Who computes embeddings."),
  model: optionalText("Embedding model."),
  remote: optionalSection(
    {
      baseUrl: optionalText("Base URL of the embeddings interface."),
      apiKey: secret("Key of the embeddings interface."),
      headers: mapOf(text, "Further request headers.", { sensitive: true }),
      batch: optionalSection({ enabled: flagOr(false, "Use the batch interface.") }, "Batches."),
    },
    "Remote embeddings.",
  ),
  extraPaths: textsOr([], "Further folders of notes."),
};

const identityShape = {
  name: optionalText("Name of the agent."),
  emoji: optionalText("Emoji shown beside the name."),
  theme: optionalText("One line on its character."),
  avatar: optionalText("Path inside the workspace, or URL of a picture."),
};

const defaultsSection = section(
  {
    model: section(modelShape, "Model of all agents.", { shorthand: "primary" }),
    imageModel: section(modelShape, "Model used for pictures when the main one cannot see.", {
      shorthand: "primary",
      advanced: true,
    }),
    models: mapOf(
      z.object({
        alias: optionalText("Short name for /model."),
        params: anything("Provider parameters."),
      }),
      "Models offered by /model, by provider/model.",
    ),
    workspace: optionalText("Workspace directory; <state dir>/workspace when empty.", { reload: "restart" }),
    repoRoot: optionalText("Repository named in the system prompt.", { advanced: true }),
    skipBootstrap: flagOr(false, "Do not create AGENTS.md and the other files in the workspace."),
    bootstrapMaxChars: countOr(20_000, "Most characters taken from each workspace file into the prompt.", {
      advanced: true,
    }),
    maxConcurrent: countOr(16, "Runs at a time over all agents."),
    maxConcurrentPerAgent: countOr(16, "Runs at a time of one agent."),
    timeoutSeconds: countOr(600, "Longest a run may take, in seconds."),
    maxToolRounds: countOr(64, "Most rounds of tool calls in one run."),
    toolTimeoutSeconds: countOr(300, "Longest a single tool call may take, in seconds."),
    toolOutputChars: countOr(60_000, "Most characters of a tool's output shown to the model."),
    thinkingDefault: optionalWord(thinkingWords, "Thinking level when a session does not say."),
    verboseDefault: wordOr(["off", "on", "full"], "off", "Whether tool activity is shown in chats."),
    elevatedDefault: wordOr(
      ["off", "on", "ask", "full"],
      "off",
      "Elevated exec when a session does not say.",
    ),
    contextTokens: optionalCount("Size of the context window to plan for; the model's own when empty."),
    userTimezone: optionalText("IANA time zone of the user; the machine's when empty."),
    timeFormat: wordOr(["auto", "12", "24"], "auto", "Clock in prompts."),
    mediaMaxMb: countOr(5, "Largest inbound media file in megabytes."),
    typingIntervalSeconds: countOr(6, "Seconds between typing signals."),
    blockStreamingDefault: wordOr(
      ["off", "on"],
      "off",
      "Send the finished blocks of an answer as messages of their own while it grows.",
    ),
    blockStreamingBreak: wordOr(
      ["text_end", "message_end"],
      "text_end",
      "Send blocks while a text is written, or when the model has finished its message.",
    ),
    blockStreamingChunk: section(
      {
        minChars: countOr(800, "Fewest characters of a block."),
        maxChars: countOr(1200, "Most characters of a block; code is not cut."),
        breakPreference: wordOr(
          ["paragraph", "newline", "sentence"],
          "paragraph",
          "Where to cut if there is a choice.",
        ),
      },
      "Size of blocks.",
    ),
    blockStreamingCoalesce: section(
      {
        idleMs: countOr(
          1000,
          "Milliseconds without a new word after which finished paragraphs go out, however few.",
        ),
        minChars: countOr(0, "Blocks are joined until they have so many characters together."),
        maxChars: countOr(0, "Most characters of joined blocks; 0 leaves it at those of one block."),
      },
      "Joining small blocks.",
    ),
    humanDelay: section(
      {
        mode: wordOr(
          ["off", "natural", "custom"],
          "off",
          "A pause between the messages of an answer: none, 0.8 to 2.5 seconds, or minMs to maxMs.",
        ),
        minMs: countOr(800, "Shortest pause in milliseconds."),
        maxMs: countOr(2500, "Longest pause in milliseconds."),
      },
      "Pauses as of a person who types.",
    ),
    compaction: section(
      {
        mode: wordOr(["default", "safeguard", "off"], "default", "When the context fills up."),
        reserveTokens: countOr(16_384, "Tokens kept free for the answer."),
        keepRecentTokens: countOr(20_000, "Tokens of recent turns kept word for word."),
        memoryFlush: section(
          { enabled: flagOr(true, "Let the agent save notes before old turns are summarised.") },
          "Saving notes before compaction.",
        ),
      },
      "Summarising old turns.",
    ),
    contextPruning: section(
      { mode: wordOr(["off", "cache-ttl"], "off", "Cutting old tool output out of prompts.") },
      "Shorter prompts.",
      { advanced: true },
    ),
    memorySearch: section(memorySearchShape, "Search in notes."),
    heartbeat: section(heartbeatShape, "Regular look around by the agent itself."),
    subagents: section(
      {
        maxConcurrent: countOr(8, "Sub-agents at a time."),
        archiveAfterMinutes: countOr(60, "Minutes until a finished sub-agent's session is archived."),
        model: optionalText("Model of sub-agents."),
      },
      "Sub-agents.",
    ),
    sandbox: section(sandboxShape, "Where tools execute."),
    tools: optionalToolPolicy("Tools of all agents."),
  },
  "Settings of all agents.",
);

const agentEntry = z.object({
  id: requiredText("Id: lower-case letters, digits, - and _."),
  default: flagOr(false, "The agent that answers when none is named."),
  name: optionalText("Display name."),
  workspace: optionalText("Workspace directory of this agent.", { reload: "restart" }),
  agentDir: optionalText("Directory of its credentials order and state.", { advanced: true }),
  model: optionalSection(modelShape, "Model of this agent.", { shorthand: "primary" }),
  identity: optionalSection(identityShape, "How it presents itself."),
  thinkingDefault: optionalWord(thinkingWords, "Thinking level when a session does not say."),
  maxConcurrent: optionalCount("Runs of this agent at a time."),
  timeoutSeconds: optionalCount("Longest a run may take, in seconds."),
  memorySearch: optionalSection(
    { enabled: optionalFlag("Let it search its notes."), extraPaths: optionalTexts("Folders of notes.") },
    "Search in notes.",
  ),
  heartbeat: optionalSection(
    heartbeatShape,
    "Regular look around, where it differs from agents.defaults. Once an agent has this, only those that have it look around.",
    { reload: "hot" },
  ),
  groupChat: optionalSection(
    { mentionPatterns: optionalTexts("Words that count as a mention.") },
    "Behaviour in groups.",
  ),
  subagents: optionalSection(
    { allowAgents: optionalTexts("Agents it may start."), model: optionalText("Model of sub-agents.") },
    "Sub-agents.",
  ),
  sandbox: optionalSection(
    {
      mode: optionalWord(sandboxModes, "Which of its sessions run their tools in a sandbox."),
      scope: optionalWord(sandboxScopes, "What shares one sandbox."),
      workspaceAccess: optionalWord(workspaceAccess, "How the workspace appears inside the sandbox."),
      docker: optionalSection(
        { image: optionalText("Image of sandbox containers.") },
        "Container settings.",
        {
          reload: "restart",
        },
      ),
      tools: optionalToolPolicy("Tools inside the sandbox."),
    },
    "Where its tools execute, where it differs from agents.defaults.",
  ),
  tools: key(z.optional(agentTools), "Tools of this agent."),
});

/** `agents.*` (CFG-022…028). */
export const agentsSection = section(
  {
    defaults: defaultsSection,
    list: key(z._default(z.array(agentEntry), []), "Agents beside or instead of `main`.", {
      reload: "restart-part",
    }),
  },
  "The agents.",
);
