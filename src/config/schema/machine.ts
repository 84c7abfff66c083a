import * as z from "zod/mini";
import {
  anything,
  countOr,
  flagOr,
  key,
  mapOf,
  optionalFlag,
  optionalPort,
  optionalText,
  optionalTexts,
  requiredText,
  secret,
  section,
  text,
  textOr,
  textsOr,
  wordOr,
} from "./key.ts";

const levels = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;

const approvalTarget = z.object({
  channel: requiredText("Channel."),
  to: requiredText("Id of the chat."),
  accountId: optionalText("Account of the channel; `default` when empty."),
  threadId: key(z.optional(z.union([text, z.number()])), "Topic or thread in the chat."),
});

/** `logging.*` (CFG-046…049, LOG) */
export const loggingSection = section(
  {
    level: wordOr(levels, "info", "Least severe level written to the file."),
    file: optionalText(
      "Path of the log file; {date} is the day, ~ the home directory. <state dir>/logs/openclaw-{date}.log when empty.",
      { reload: "restart" },
    ),
    consoleLevel: wordOr(levels, "info", "Least severe level shown in the terminal."),
    consoleStyle: wordOr(["pretty", "compact", "json"], "pretty", "How lines look in the terminal."),
    maxFileBytes: countOr(100_000_000, "Size at which a new file of the same day is begun."),
    retainDays: countOr(14, "Days until old files are removed; 0 keeps all."),
    redactSensitive: wordOr(["off", "tools"], "tools", "Kept for older files; secrets are always redacted.", {
      advanced: true,
    }),
    redactPatterns: textsOr([], "Further regular expressions whose matches are hidden."),
  },
  "Logs.",
);

export const canvasHostSection = section(
  {
    enabled: flagOr(true, "Serve canvas pages."),
    port: optionalPort("Port of the canvas host; gateway.port + 4 when empty."),
    root: optionalText("Directory of the pages."),
  },
  "Canvas pages.",
  { reload: "restart" },
);

export const browserSection = section(
  {
    enabled: flagOr(false, "Let agents drive a browser."),
    controlPort: optionalPort("Port of the browser control service; gateway.port + 2 when empty."),
    executablePath: optionalText("Browser to start; found by itself when empty."),
    headless: flagOr(true, "Without a window."),
    noSandbox: flagOr(false, "Without the browser's own sandbox.", { advanced: true }),
    guests: flagOr(false, "Let agents use it for people who are not the owner, with cookies of their own."),
    allowPrivateOrigins: textsOr(
      [],
      "Exact origins of private addresses that pages may be loaded from; any page may then ask them too.",
    ),
    maxTabs: countOr(8, "Most tabs of all conversations together."),
    idleMinutes: countOr(10, "Minutes without use after which it is closed."),
    maxMemoryMb: countOr(2048, "Megabytes of all its processes after which it is closed."),
    maxDownloadMb: countOr(50, "Largest file a page may save, into downloads/ of the agent's workspace."),
    profiles: mapOf(
      z.looseObject({
        cdpUrl: optionalText("Address of a running browser."),
        cdpPort: optionalPort("Port of a running browser."),
      }),
      "Named browsers.",
    ),
  },
  "The browser tool.",
  { reload: "restart" },
);

export const skillsSection = section(
  {
    allowBundled: optionalTexts("Only these bundled skills."),
    load: section(
      { extraDirs: textsOr([], "Further folders of skills."), watch: flagOr(true, "Notice changed skills.") },
      "Where skills come from.",
    ),
    entries: mapOf(
      z.looseObject({
        enabled: optionalFlag("Offer it."),
        apiKey: secret(
          "Value of the variable the skill names as its key; only commands of that skill get it.",
        ),
        env: key(
          z.optional(z.record(text, text)),
          "Values of variables the skill declares; only commands of that skill get them.",
          { sensitive: true },
        ),
      }),
      "Settings per skill.",
    ),
  },
  "Skills.",
);

export const pluginsSection = section(
  {
    enabled: flagOr(true, "Load plug-ins at all."),
    allow: optionalTexts("Only these plug-ins."),
    deny: optionalTexts("Never these plug-ins."),
    load: section(
      { paths: textsOr([], "Folders with a channel of your own; see docs/channels/adapter.md.") },
      "Where plug-ins come from.",
    ),
    entries: mapOf(
      z.looseObject({
        enabled: optionalFlag("Load it."),
        config: anything("Its own settings."),
      }),
      "Settings per plug-in.",
    ),
  },
  "Plug-ins.",
  { reload: "restart" },
);

const autoOrFlag = z.union([z.boolean(), z.literal("auto")]);
export const commandsSection = section(
  {
    text: flagOr(true, "Understand commands such as /new in every chat."),
    native: key(z._default(autoOrFlag, "auto"), "Register commands with the chat platform."),
    nativeSkills: key(z._default(autoOrFlag, "auto"), "Register skills as commands."),
    bash: flagOr(false, "Allow /bash."),
    config: flagOr(false, "Allow /config."),
    debug: flagOr(false, "Allow /debug."),
    restart: flagOr(false, "Allow /restart."),
    useAccessGroups: flagOr(true, "Check senders of commands like senders of messages."),
    ownerAllowFrom: textsOr([], "Senders who count as the owner, as channel:id."),
  },
  "Chat commands.",
);

/** `sentinel.*`: who is told when the gateway is dead, hung or looping. Read by `openclaw gateway sentinel` at each look. */
const sentinelSection = section(
  {
    intervalSeconds: countOr(15, "Seconds between two looks of a sentinel that keeps running."),
    deadlineMs: countOr(5000, "Milliseconds the gateway has to answer /health."),
    confirmMs: countOr(10_000, "Milliseconds until a bad look is repeated before anybody is told.", {
      advanced: true,
    }),
    command: textsOr(
      [],
      "Program and arguments to run; it gets the notice as JSON on standard input and its text in OPENCLAW_SENTINEL_TEXT.",
    ),
    webhook: section(
      {
        url: optionalText("Address the notice is posted to as JSON.", {
          placeholder: "https://alerts.example/openclaw",
        }),
        secret: secret("Key of the signature in x-openclaw-signature."),
      },
      "A web address that is told.",
    ),
    telegram: section(
      {
        botToken: secret("Token of the bot that writes."),
        chatId: optionalText("Chat it writes to."),
        apiRoot: textOr("https://api.telegram.org", "Address of the Bot API.", { advanced: true }),
      },
      "A Telegram chat that is told.",
    ),
    discord: section(
      {
        botToken: secret("Token of the bot that writes."),
        channelId: optionalText("Channel it writes to."),
        apiRoot: textOr("https://discord.com/api/v10", "Address of the API.", { advanced: true }),
      },
      "A Discord channel that is told.",
    ),
  },
  "The sentinel beside the gateway.",
);

/** `diagnostics.otel`: one trace for each message, posted to an OpenTelemetry collector (docs/monitoring.md). */
const diagnosticsSection = section(
  {
    otel: section(
      {
        enabled: flagOr(false, "Send a trace of every message to a collector."),
        endpoint: textOr("http://127.0.0.1:4318", "Collector (OTLP over HTTP, JSON); /v1/traces is added."),
        headers: key(z._default(z.record(text, text), {}), "Headers the collector asks for.", {
          sensitive: true,
        }),
        serviceName: textOr("openclaw", "What the gateway is called in traces."),
        sampleRate: key(
          z._default(z.number().check(z.gte(0), z.lte(1)), 1),
          "Share of messages that are traced, 0 to 1.",
        ),
        flushSeconds: countOr(5, "Seconds spans are collected before they are sent.", { advanced: true }),
      },
      "Traces (OpenTelemetry).",
    ),
  },
  "What the gateway tells about itself.",
  { reload: "restart" },
);

/** Small sections of the machine itself. */
export const machineSections = {
  diagnostics: diagnosticsSection,
  env: section(
    {
      vars: key(
        z._default(z.record(text, text), {}),
        "Variables for ${NAME} in this file and for providers.",
        {
          sensitive: true,
        },
      ),
    },
    "Environment.",
    { reload: "restart" },
  ),
  ui: section(
    {
      seamColor: optionalText("Accent colour of the Control UI."),
      assistant: section(
        { name: optionalText("Name shown."), avatar: optionalText("Picture shown.") },
        "The assistant in the Control UI.",
      ),
    },
    "Looks.",
  ),
  backup: section(
    {
      every: optionalText("How often a backup is made, e.g. 1d or 12h; none when empty.", {
        placeholder: "1d",
      }),
      cron: optionalText("Instead of `every`: a cron expression in local time.", {
        placeholder: "17 3 * * *",
      }),
      keep: countOr(14, "How many verified backups of the schedule are kept; at least one."),
      to: optionalText("Folder they go to; openclaw-backups beside the state directory when empty."),
      kind: wordOr(["full", "minimal"], "full", "Everything, or configuration and logins only."),
      keyFile: optionalText(
        "File of mode 0600 whose first line is the passphrase; not encrypted when empty.",
      ),
    },
    "Scheduled backups; `openclaw backup schedule` sets them up.",
  ),
  update: section(
    {
      channel: wordOr(["stable", "beta", "dev"], "stable", "Which releases `openclaw update` takes."),
      // Off: a gateway calls nobody whom its owner did not name, and until the name in the public registry is ours the
      // answer would be somebody else's version.
      checkOnStart: flagOr(false, "Ask npm for a newer version when the gateway starts, once a day at most."),
    },
    "Updates.",
  ),
  discovery: section(
    { mdns: section({ mode: wordOr(["off", "minimal", "full"], "off", "What is announced.") }, "mDNS.") },
    "Being found on the local network.",
    { reload: "restart" },
  ),
  talk: section(
    { apiKey: secret("Key of the speech service."), voiceId: optionalText("Voice.") },
    "Talk mode.",
  ),
  ledger: section(
    {
      retainDays: countOr(90, "Days finished work is kept in the ledger."),
      leaseSeconds: countOr(30, "Seconds until a run without a sign of life is taken over."),
      maxAttempts: countOr(5, "Times a run is tried again after crashes before it counts as failed."),
    },
    "Bookkeeping of messages and runs.",
    { advanced: true, reload: "restart" },
  ),
  bindings: key(
    z._default(
      z.array(
        z.looseObject({
          agentId: requiredText("Agent that answers."),
          match: key(
            z.looseObject({
              channel: optionalText("Channel."),
              accountId: optionalText("Account; without it `default`, * for all."),
              peer: key(
                z.optional(z.object({ kind: z.enum(["dm", "direct", "group", "channel"]), id: text })),
                "One chat: {kind: dm or group, id}.",
              ),
              threadId: optionalText("Topic or thread of that chat."),
              guildId: optionalText("Discord server."),
              teamId: optionalText("Slack workspace."),
              roles: optionalTexts("Any of these roles, by id."),
            }),
            "Which messages.",
          ),
        }),
      ),
      [],
    ),
    "Which agent answers where.",
  ),
  meta: section(
    {
      lastTouchedVersion: optionalText("Version that wrote this file last."),
      lastTouchedAt: optionalText("When that was."),
      migrations: key(z.optional(z.record(text, z.unknown())), "Migrations done."),
    },
    "Written by the program.",
    { advanced: true },
  ),
  wizard: section(
    {
      lastRunAt: optionalText("When setup ran last."),
      lastRunVersion: optionalText("Version of that run."),
      lastRunCommand: optionalText("Command of that run."),
      lastRunMode: optionalText("local or remote."),
    },
    "Written by the setup wizard.",
    { advanced: true },
  ),
  approvals: section(
    {
      exec: section(
        {
          enabled: flagOr(true, "Ask in chats at all."),
          mode: wordOr(
            ["session", "targets", "both"],
            "both",
            "Ask in the chat the command came from, in the places of `targets`, or in both.",
          ),
          targets: key(z._default(z.array(approvalTarget), []), "Further places to ask."),
          approvers: textsOr(
            [],
            "People besides the owner who may answer, as channel:id; they must be allowed to write to the agent.",
          ),
        },
        "Questions about commands.",
      ),
    },
    "Where approvals are asked for.",
  ),
  tts: section(
    {
      mode: wordOr(
        ["off", "inbound", "always"],
        "off",
        "Answers in chats that are spoken as well: none, those to a voice message, all.",
      ),
      provider: optionalText("Model provider that speaks, e.g. openai; its address and login are used."),
      model: textOr("gpt-4o-mini-tts", "Its model."),
      voice: textOr("alloy", "Name of the voice."),
      baseUrl: optionalText("Another address that speaks OpenAI's /audio/speech, up to /v1."),
      apiKey: secret("Key for that address, where it is not the provider's login."),
      command: textsOr(
        [],
        "Program that speaks instead: its arguments one by one; it reads the text and writes {output}.",
      ),
      maxChars: countOr(2000, "Longer answers are not spoken."),
      timeoutSeconds: countOr(60, "Longest it may take."),
    },
    "Spoken answers.",
  ),
  sentinel: sentinelSection,
  memory: section(
    {
      backend: wordOr(["builtin"], "builtin", "Where notes are indexed."),
      citations: wordOr(["auto", "on", "off"], "auto", "Name the notes an answer rests on."),
    },
    "Notes.",
  ),
};
