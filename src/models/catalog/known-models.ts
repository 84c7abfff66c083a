import type { CatalogModel } from "../contract.ts";

type Price = NonNullable<CatalogModel["price"]>;

interface Row {
  provider: string;
  id: string;
  name: string;
  /** Thousands of tokens. */
  context: number;
  output: number;
  reasoning: boolean;
  images: boolean;
  price?: Price;
}

const row = (
  provider: string,
  id: string,
  name: string,
  size: [context: number, output: number],
  can: "think+see" | "think" | "see" | "text",
  price?: [input: number, output: number, cacheRead?: number, cacheWrite?: number],
): Row => ({
  provider,
  id,
  name,
  context: size[0],
  output: size[1],
  reasoning: can.startsWith("think"),
  images: can.endsWith("see"),
  ...(price && {
    price: {
      input: price[0],
      output: price[1],
      ...(price[2] !== undefined && { cacheRead: price[2] }),
      ...(price[3] !== undefined && { cacheWrite: price[3] }),
    },
  }),
});

// Sizes and prices from the vendors' public price lists; a model whose price we do not know has none. Sizes are the
// ones every account gets, not those behind a beta header.
const rows: readonly Row[] = [
  row("anthropic", "claude-opus-5-5", "Claude Opus 5.5", [200, 128], "think+see"),
  row("anthropic", "claude-sonnet-5-5", "Claude Sonnet 5.5", [200, 128], "think+see"),
  row("anthropic", "claude-haiku-5-5", "Claude Haiku 5.5", [200, 64], "think+see"),
  row("anthropic", "claude-opus-4-6", "Claude Opus 4.6", [200, 128], "think+see", [5, 25, 0.5, 6.25]),
  row("anthropic", "claude-sonnet-4-6", "Claude Sonnet 4.6", [200, 64], "think+see", [3, 15, 0.3, 3.75]),
  row("anthropic", "claude-opus-4-5", "Claude Opus 4.5", [200, 64], "think+see", [5, 25, 0.5, 6.25]),
  row("anthropic", "claude-sonnet-4-5", "Claude Sonnet 4.5", [200, 64], "think+see", [3, 15, 0.3, 3.75]),
  row("anthropic", "claude-haiku-4-5", "Claude Haiku 4.5", [200, 64], "think+see", [1, 5, 0.1, 1.25]),
  row("openai", "gpt-6.1-sol", "GPT-6.1 Sol", [400, 128], "think+see"),
  row("openai", "gpt-5.5", "GPT-5.5", [400, 128], "think+see"),
  row("openai", "gpt-5.4", "GPT-5.4", [400, 128], "think+see"),
  row("openai", "gpt-5.4-mini", "GPT-5.4 mini", [400, 128], "think+see"),
  row("openai", "gpt-5.2", "GPT-5.2", [400, 128], "think+see", [1.75, 14, 0.175]),
  row("openai", "gpt-5.1", "GPT-5.1", [400, 128], "think+see", [1.25, 10, 0.125]),
  row("openai", "gpt-5", "GPT-5", [400, 128], "think+see", [1.25, 10, 0.125]),
  row("openai", "gpt-5-mini", "GPT-5 mini", [400, 128], "think+see", [0.25, 2, 0.025]),
  row("openai", "gpt-5-nano", "GPT-5 nano", [400, 128], "think+see", [0.05, 0.4, 0.005]),
  row("openai", "gpt-4.1", "GPT-4.1", [1047, 32], "see", [2, 8, 0.5]),
  row("openai", "gpt-4.1-mini", "GPT-4.1 mini", [1047, 32], "see", [0.4, 1.6, 0.1]),
  row("openai", "gpt-4o", "GPT-4o", [128, 16], "see", [2.5, 10, 1.25]),
  row("openai", "gpt-4o-mini", "GPT-4o mini", [128, 16], "see", [0.15, 0.6, 0.075]),
  row("openai", "gpt-4", "GPT-4", [8, 8], "text", [30, 60]),
  row("openai", "o3", "o3", [200, 100], "think+see", [2, 8, 0.5]),
  row("openai", "o4-mini", "o4-mini", [200, 100], "think+see", [1.1, 4.4, 0.275]),
  row("google", "gemini-3.8-flash", "Gemini 3.8 Flash", [1048, 65], "think+see"),
  row("google", "gemini-3-pro-preview", "Gemini 3 Pro", [1048, 65], "think+see", [2, 12, 0.2]),
  row("google", "gemini-3-flash-preview", "Gemini 3 Flash", [1048, 65], "think+see", [0.5, 3, 0.05]),
  row("google", "gemini-2.5-pro", "Gemini 2.5 Pro", [1048, 65], "think+see", [1.25, 10, 0.125]),
  row("google", "gemini-2.5-flash", "Gemini 2.5 Flash", [1048, 65], "think+see", [0.3, 2.5, 0.03]),
  row("google", "gemini-2.5-flash-lite", "Gemini 2.5 Flash-Lite", [1048, 65], "think+see", [0.1, 0.4, 0.01]),
  row("openrouter", "openrouter/auto", "OpenRouter Auto", [128, 16], "see"),
  row(
    "openrouter",
    "anthropic/claude-opus-4.6",
    "Claude Opus 4.6",
    [200, 128],
    "think+see",
    [5, 25, 0.5, 6.25],
  ),
  row("openrouter", "openai/gpt-5.2", "GPT-5.2", [400, 128], "think+see", [1.75, 14, 0.175]),
  row("xai", "grok-4", "Grok 4", [256, 64], "think+see", [3, 15, 0.75]),
  row("mistral", "mistral-large-latest", "Mistral Large", [128, 16], "see"),
  row("deepseek", "deepseek-chat", "DeepSeek Chat", [128, 8], "text", [0.28, 0.42, 0.028]),
  row("deepseek", "deepseek-reasoner", "DeepSeek Reasoner", [128, 64], "think", [0.28, 0.42, 0.028]),
  row("groq", "llama-3.3-70b-versatile", "Llama 3.3 70B", [131, 32], "text", [0.59, 0.79]),
  row("moonshot", "kimi-k2-thinking", "Kimi K2 Thinking", [256, 32], "think", [0.6, 2.5, 0.15]),
  row("zai", "glm-4.6", "GLM-4.6", [200, 128], "think", [0.6, 2.2, 0.11]),
];

export const offlineModel: CatalogModel = {
  ref: "builtin/offline",
  provider: "builtin",
  id: "offline",
  name: "Offline (fixed rules, not a language model)",
  contextWindow: 1_000_000,
  maxOutputTokens: 8_000,
  reasoning: false,
  input: ["text"],
};

export const knownModels: readonly CatalogModel[] = [
  ...rows.map((made): CatalogModel => ({
    ref: `${made.provider}/${made.id}`,
    provider: made.provider,
    id: made.id,
    name: made.name,
    contextWindow: made.context * 1000,
    maxOutputTokens: made.output * 1000,
    reasoning: made.reasoning,
    input: made.images ? ["text", "image"] : ["text"],
    ...(made.price && { price: made.price }),
  })),
  offlineModel,
];

/** Short names for `/model` and `models set`; the config may add its own. */
export const knownAliases: Readonly<Record<string, string>> = {
  opus: "anthropic/claude-opus-4-6",
  sonnet: "anthropic/claude-sonnet-4-6",
  haiku: "anthropic/claude-haiku-4-5",
  gpt: "openai/gpt-5.2",
  "gpt-mini": "openai/gpt-5-mini",
  gemini: "google/gemini-3-pro-preview",
  "gemini-flash": "google/gemini-3-flash-preview",
  offline: "builtin/offline",
};
