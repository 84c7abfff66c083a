import * as z from "zod/mini";
import { optionalToolPolicy } from "./agents.ts";
import {
  countOr,
  flagOr,
  key,
  mapOf,
  optionalFlag,
  optionalText,
  optionalTexts,
  secret,
  section,
  text,
  textOr,
  texts,
  textsOr,
  wordOr,
} from "./key.ts";

/** `tools.*` (CFG-030…036) */
export const toolsSection = section(
  {
    profile: optionalText("Named starting set of tools: minimal, coding, messaging, full."),
    allow: optionalTexts("Only these tools (names, group:…, wildcards). An empty list allows none."),
    alsoAllow: optionalTexts("Tools in addition to what the profile gives."),
    deny: optionalTexts("Never these tools; goes before every allow."),
    byProvider: mapOf(
      z.object({
        profile: optionalText("Named starting set."),
        allow: optionalTexts("Only these tools."),
        alsoAllow: optionalTexts("Tools in addition."),
        deny: optionalTexts("Never these tools."),
      }),
      "Further limits while a certain provider (or provider/model) answers.",
    ),
    exec: section(
      {
        host: wordOr(
          ["auto", "gateway", "sandbox", "node"],
          "auto",
          "Where commands run. auto: here, or on a node when the agent asks for one.",
        ),
        security: wordOr(
          ["deny", "allowlist", "full"],
          "allowlist",
          "deny: no commands; allowlist: known ones, others after approval; full: all.",
        ),
        ask: wordOr(["off", "on-miss", "always"], "on-miss", "When a person is asked before a command runs."),
        askFallback: wordOr(
          ["deny", "allowlist", "full"],
          "deny",
          "What applies when nobody answers the question.",
        ),
        requireApproval: optionalFlag("Ask before every command; goes before `ask`."),
        approvalTimeoutSeconds: countOr(600, "How long a question waits for an answer, in seconds."),
        node: optionalText(
          "Id or name of the node that runs commands with host `node`; the only connected one when empty.",
        ),
        pathPrepend: textsOr([], "Directories put in front of PATH."),
        passEnv: textsOr([], "Names of environment variables passed on to commands."),
        safeBins: textsOr([], "Commands that never need approval when they only read standard input."),
        timeoutSec: countOr(1_800, "Longest a command may run, in seconds."),
        backgroundMs: countOr(10_000, "Milliseconds until a command that still runs goes to the background."),
        cleanupMs: countOr(1_800_000, "Milliseconds a finished background command stays listed."),
        notifyOnExit: flagOr(true, "Tell the agent when a background command ends."),
        applyPatch: section({ enabled: flagOr(true, "Offer the apply_patch tool.") }, "apply_patch."),
        elevated: section(
          {
            enabled: flagOr(false, "Allow elevated commands outside the sandbox at all."),
            allowFrom: mapOf(texts, "Senders per channel who may use them."),
          },
          "Elevated commands.",
        ),
      },
      "The exec tool.",
    ),
    fs: section({ workspaceOnly: flagOr(true, "Confine file tools to the workspace.") }, "File tools."),
    web: section(
      {
        fetch: section(
          {
            enabled: flagOr(true, "Offer the web_fetch tool."),
            maxChars: countOr(50_000, "Most characters of a page."),
            maxBytes: countOr(5_000_000, "Most bytes read from a server."),
            timeoutSeconds: countOr(30, "Seconds until a fetch is given up."),
            maxRedirects: countOr(5, "Most redirects followed."),
            cacheTtlMinutes: countOr(15, "Minutes a page is remembered."),
            allowPrivateOrigins: textsOr([], "Exact origins of private addresses that may be fetched."),
          },
          "The web_fetch tool.",
        ),
        search: section(
          {
            enabled: flagOr(true, "Offer the web_search tool when a key is set."),
            provider: wordOr(["brave", "perplexity", "searxng"], "brave", "Search service."),
            apiKey: secret("Key of the search service."),
            baseUrl: optionalText("Base URL of an own search server."),
            maxResults: countOr(5, "Results of one search."),
            timeoutSeconds: countOr(30, "Seconds until a search is given up."),
            cacheTtlMinutes: countOr(15, "Minutes results are remembered."),
          },
          "The web_search tool.",
        ),
      },
      "Web tools.",
    ),
    media: section(
      {
        image: section(
          {
            maxSidePx: countOr(
              2000,
              "Longest side of a picture as a model is shown it; larger ones are scaled down.",
            ),
            maxKb: countOr(3500, "Most kilobytes of a picture in a prompt."),
            maxMegapixels: countOr(50, "Pictures of more pixels are not opened."),
          },
          "Pictures.",
        ),
        audio: section(
          {
            provider: optionalText(
              "Model provider that transcribes voice messages, e.g. openai; its address and login are used. Empty: no transcription.",
            ),
            model: textOr("whisper-1", "Its model."),
            baseUrl: optionalText("Another address that speaks OpenAI's /audio/transcriptions, up to /v1."),
            apiKey: secret("Key for that address, where it is not the provider's login."),
            command: textsOr(
              [],
              "Program that transcribes instead: its arguments one by one, {input} is the file; it prints the words.",
            ),
            language: optionalText("Language of the speaker, e.g. en; found out when empty."),
            maxMb: countOr(25, "Largest recording."),
            timeoutSeconds: countOr(60, "Longest it may take."),
          },
          "Voice messages and other recordings.",
        ),
        documents: section(
          {
            enabled: flagOr(true, "Put the text of text files into the prompt."),
            maxChars: countOr(20_000, "Most characters of one file."),
            pdfCommand: textsOr([], "Program that prints the text of a PDF, {input} is the file."),
            timeoutSeconds: countOr(60, "Longest it may take."),
          },
          "Files.",
        ),
      },
      "Files that people send.",
    ),
    sessions: section(
      {
        visibility: wordOr(["self", "tree", "agent", "all"], "tree", "Sessions that session tools may see."),
      },
      "Session tools.",
    ),
    agentToAgent: section(
      {
        enabled: flagOr(false, "Let agents write to each other's main sessions with sessions_send."),
        allow: textsOr([], "Agents that may, sending and receiving; * for all."),
      },
      "Messages between agents.",
    ),
    nodes: section(
      {
        askCommands: textsOr(
          ["sms.send"],
          "Commands of nodes a person is asked about each time the agent wants one.",
        ),
      },
      "The nodes tool.",
    ),
    message: section(
      {
        crossContext: flagOr(
          false,
          "Let the message tool use other chats than the one it was asked in; runs no chat message started may use all.",
        ),
        channels: optionalTexts("Channels the message tool may use; all when empty."),
      },
      "The message tool.",
    ),
    sandbox: section({ tools: optionalToolPolicy("Tools inside every sandbox.") }, "Sandboxes."),
    subagents: section({ tools: optionalToolPolicy("Tools of sub-agents.") }, "Sub-agents."),
    env: key(z._default(z.record(text, text), {}), "Further environment variables of commands.", {
      sensitive: true,
    }),
  },
  "What agents may do.",
);
