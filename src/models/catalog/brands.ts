import type { Wire } from "../wire-rules.ts";

/** A vendor or server program we know how to reach. */
export interface Brand {
  id: string;
  name: string;
  wire: Wire;
  /** Base URL with the version segment, without a slash at the end; null for the built-in model. */
  baseUrl: string | null;
  /** Environment variables that may hold its key, first wins. */
  env: readonly string[];
  /** Model taken when only a key is configured. */
  defaultModel: string | null;
  /** Path below the base URL that answers cheaply and only to a valid key. */
  probePath: string;
  /** Set for servers that run on this machine on a port of their own. */
  localPort?: number;
}

const chat = (
  id: string,
  name: string,
  baseUrl: string,
  env: string,
  defaultModel: string | null,
  probePath = "/models",
): Brand => ({ id, name, wire: "openai-chat", baseUrl, env: [env], defaultModel, probePath });

const local = (id: string, name: string, port: number): Brand => ({
  id,
  name,
  wire: "openai-chat",
  baseUrl: `http://127.0.0.1:${port}/v1`,
  env: [],
  defaultModel: null,
  probePath: "/models",
  localPort: port,
});

/** Order is preference: the first with a credential is used when no model is configured. */
export const brands: readonly Brand[] = [
  {
    id: "anthropic",
    name: "Anthropic",
    wire: "anthropic-messages",
    baseUrl: "https://api.anthropic.com/v1",
    env: ["ANTHROPIC_API_KEY", "ANTHROPIC_OAUTH_TOKEN"],
    defaultModel: "claude-opus-4-6",
    probePath: "/models",
  },
  {
    id: "openai",
    name: "OpenAI",
    wire: "openai-responses",
    baseUrl: "https://api.openai.com/v1",
    env: ["OPENAI_API_KEY"],
    defaultModel: "gpt-5.2",
    probePath: "/models",
  },
  {
    id: "google",
    name: "Google Gemini",
    wire: "google-generative",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    env: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    defaultModel: "gemini-2.5-pro",
    probePath: "/models",
  },
  // The list of models is public there; the key's own record is not.
  chat(
    "openrouter",
    "OpenRouter",
    "https://openrouter.ai/api/v1",
    "OPENROUTER_API_KEY",
    "openrouter/auto",
    "/key",
  ),
  chat("xai", "xAI", "https://api.x.ai/v1", "XAI_API_KEY", "grok-4"),
  chat("mistral", "Mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", "mistral-large-latest"),
  chat("deepseek", "DeepSeek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", "deepseek-chat"),
  chat("groq", "Groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY", "llama-3.3-70b-versatile"),
  chat("together", "Together", "https://api.together.xyz/v1", "TOGETHER_API_KEY", null),
  chat("cerebras", "Cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", null),
  chat("fireworks", "Fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", null),
  chat("moonshot", "Moonshot", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY", "kimi-k2-thinking"),
  chat("zai", "Z.AI", "https://api.z.ai/api/paas/v4", "ZAI_API_KEY", "glm-4.6"),
  chat("synthetic", "Synthetic", "https://api.synthetic.new/openai/v1", "SYNTHETIC_API_KEY", null),
  local("ollama", "Ollama", 11434),
  local("lmstudio", "LM Studio", 1234),
  local("llamacpp", "llama.cpp", 8080),
  local("vllm", "vLLM", 8000),
  {
    id: "builtin",
    name: "Built in",
    wire: "offline",
    baseUrl: null,
    env: [],
    defaultModel: "offline",
    probePath: "",
  },
];

export function brandOf(id: string): Brand | null {
  return brands.find((brand) => brand.id === id) ?? null;
}
