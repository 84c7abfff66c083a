import * as z from "zod/mini";
import {
  anything,
  countOr,
  flagOr,
  key,
  mapOf,
  optionalCount,
  optionalFlag,
  optionalText,
  optionalWord,
  requiredText,
  secret,
  section,
  text,
  texts,
  textsOr,
  wordOr,
} from "./key.ts";

const price = (description: string) => key(z.optional(z.number().check(z.gte(0))), description);

const modelEntry = z.object({
  id: requiredText("Name of the model at its provider."),
  name: optionalText("Display name."),
  api: optionalText("Wire format, when it is not the provider's."),
  reasoning: optionalFlag("Whether it can think before it answers."),
  input: textsOr(["text"], "Kinds of input: text, image."),
  contextWindow: optionalCount("Context window in tokens."),
  maxTokens: optionalCount("Most tokens of one answer."),
  cost: key(
    z.optional(
      z.object({
        input: price("US dollars per million input tokens."),
        output: price("US dollars per million output tokens."),
        cacheRead: price("US dollars per million tokens read from the cache."),
        cacheWrite: price("US dollars per million tokens written to the cache."),
      }),
    ),
    "Price.",
  ),
  compat: anything("Peculiarities of a compatible server."),
});

const providerEntry = z.object({
  baseUrl: optionalText("Base URL of the interface.", { placeholder: "http://127.0.0.1:11434/v1" }),
  apiKey: secret("API key, best as ${VARIABLE}."),
  api: optionalWord(
    [
      "anthropic-messages",
      "openai-responses",
      "openai-completions",
      "openai-chat",
      "google-generative",
      "google-generative-ai",
      "offline",
    ],
    "Wire format.",
  ),
  auth: optionalWord(["api-key", "token", "oauth", "none"], "Kind of credential the provider takes."),
  authHeader: optionalFlag("Send the key as Authorization: Bearer."),
  headers: key(z.optional(z.record(text, text)), "Further request headers.", { sensitive: true }),
  models: key(z._default(z.array(modelEntry), []), "Models of this provider beside the known ones.", {
    reload: "hot",
  }),
});

/** `models.*` (CFG-029) */
export const modelsSection = section(
  {
    mode: wordOr(
      ["merge", "replace"],
      "merge",
      "Add the providers below to the built-in list, or replace it.",
    ),
    providers: mapOf(providerEntry, "Providers by name.", { reload: "restart-part" }),
    catalogRefresh: section(
      { enabled: flagOr(false, "Ask providers for their list of models now and then.") },
      "List of models.",
      { advanced: true },
    ),
    detectLocal: flagOr(true, "Look for a model server on its well-known port of this machine."),
  },
  "Model providers.",
);

/** `auth.*`: which login of a provider is used when; the logins themselves are in credentials/. */
export const authSection = section(
  {
    profiles: mapOf(
      z.object({
        provider: requiredText("Provider this login belongs to."),
        mode: wordOr(["api_key", "token", "oauth"], "api_key", "Kind of login."),
        email: optionalText("Account it belongs to."),
      }),
      "Known logins by <provider>:<name>, without their secrets.",
    ),
    order: mapOf(texts, "Order in which the logins of a provider are tried."),
    cooldowns: section(
      {
        rateLimitSeconds: countOr(60, "Pause of a login and model after a rate limit without retry-after."),
        billingHours: countOr(5, "Pause of a login after a billing failure."),
        billingMaxHours: countOr(24, "Longest such pause."),
        overloadedSeconds: countOr(15, "Pause of a model after its provider was overloaded."),
      },
      "Pauses after failures.",
      { advanced: true },
    ),
  },
  "Logins of model providers.",
);
