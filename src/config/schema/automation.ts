import * as z from "zod/mini";
import {
  anything,
  countOr,
  flagOr,
  key,
  optionalCount,
  optionalFlag,
  optionalText,
  optionalTexts,
  optionalWord,
  secret,
  section,
  text,
  textOr,
} from "./key.ts";

const cronJob = z.looseObject({
  id: optionalText("Id of the job."),
  name: optionalText("Name shown in lists."),
  enabled: flagOr(true, "Whether it runs."),
  schedule: key(z.unknown(), "{kind: cron|every|at, …} or a cron expression."),
  payload: key(z.optional(z.unknown()), "{kind: systemEvent|agentTurn, …}"),
  agentId: optionalText("Agent that does it."),
});

/** `cron.*` (CFG-044) */
export const cronSection = section(
  {
    enabled: flagOr(true, "Run scheduled jobs."),
    maxConcurrentRuns: countOr(1, "Jobs at a time."),
    jobs: key(z._default(z.array(cronJob), []), "Jobs kept in this file, beside those made by command."),
    runRetentionDays: countOr(30, "Days the record of runs is kept."),
  },
  "Scheduled jobs.",
);

const hookMapping = z.object({
  id: optionalText("Name of the mapping."),
  match: key(
    z.optional(
      z.object({ path: optionalText("Path below hooks.path."), source: optionalText("Value of `source`.") }),
    ),
    "Which calls it takes.",
  ),
  action: optionalWord(["wake", "agent"], "What a call does."),
  name: optionalText("Label of the run."),
  agentId: optionalText("Agent that answers."),
  sessionKey: optionalText("Name of its session below `hook:`, with {{field}} for parts of the body."),
  messageTemplate: optionalText("Text of the message, with {{field}} for parts of the body."),
  textTemplate: optionalText("Text of the wake event."),
  transform: anything("Code from a file, which is not run: a call to such a mapping answers 501."),
  deliver: optionalFlag("Send the answer to a channel."),
  channel: optionalText("Channel of the answer."),
  to: optionalText("Recipient of the answer."),
  model: optionalText("Model to use."),
  thinking: optionalText("Thinking level."),
  timeoutSeconds: optionalCount("Longest the run may take, in seconds."),
});

/** `hooks.*` */
export const hooksSection = section(
  {
    enabled: flagOr(false, "Let other programs wake the agent by HTTP."),
    token: secret("Secret such a call must carry; never the gateway's own."),
    path: textOr("/hooks", "Path of the hooks."),
    maxBodyBytes: countOr(262_144, "Largest request body in bytes."),
    mappings: key(z._default(z.array(hookMapping), []), "What becomes of calls to a path."),
    allowedAgentIds: optionalTexts("Agents that hooks may reach."),
    presets: key(z._default(z.array(text), []), "Built-in mappings to switch on."),
  },
  "Inbound hooks.",
  { reload: "restart" },
);
