import type { Clock } from "../core/clock.ts";
import { isObject } from "../core/json.ts";
import { brands } from "./catalog/brands.ts";
import { localModel } from "./catalog/catalog.ts";
import type { CatalogModel } from "./contract.ts";

/** A model server that answered on its well-known port of this machine. */
export interface LocalServer {
  provider: string;
  name: string;
  baseUrl: string;
  models: CatalogModel[];
}

export interface LocalServers {
  /** What the last look found; never waits. */
  known(): readonly LocalServer[];
  /** Looks unless it did so lately. At most {@link lookMs} long, loopback only, never throws. */
  look(): Promise<readonly LocalServer[]>;
}

const lookMs = 150;
const freshMs = 30_000;
const maxListBytes = 256 * 1024;

/**
 * Finds Ollama, LM Studio, llama.cpp and vLLM by asking `/v1/models` on their ports. No credential is sent, and what
 * answers is believed only as far as a list of model names goes (threats.md 4.11).
 */
export function createLocalServers(deps: {
  fetch: typeof fetch;
  clock: Clock;
  /** Overrides of the ports by provider id. */
  baseUrls?: Readonly<Record<string, string>>;
}): LocalServers {
  let found: readonly LocalServer[] = [];
  let lookedAt: number | null = null;
  let looking: Promise<readonly LocalServer[]> | null = null;

  async function lookNow(): Promise<readonly LocalServer[]> {
    const stop = new AbortController();
    const cancel = deps.clock.after(lookMs, () => stop.abort());
    const answers = await Promise.all(
      brands
        .filter((brand) => brand.localPort !== undefined)
        .map((brand) =>
          ask(brand.id, brand.name, deps.baseUrls?.[brand.id] ?? brand.baseUrl ?? "", stop.signal),
        ),
    );
    cancel();
    found = answers.filter((answer) => answer !== null);
    lookedAt = deps.clock.monotonic();
    looking = null;
    return found;
  }

  async function ask(
    provider: string,
    name: string,
    baseUrl: string,
    signal: AbortSignal,
  ): Promise<LocalServer | null> {
    try {
      const response = await deps.fetch(`${baseUrl}/models`, {
        signal,
        redirect: "error",
        headers: { accept: "application/json" },
      });
      const text = response.ok ? await limitedText(response) : "";
      const ids = text ? modelIds(JSON.parse(text)) : [];
      if (ids.length === 0) return null;
      return { provider, name, baseUrl, models: ids.map((id) => localModel(provider, id)) };
    } catch {
      return null; // nothing listens there, or it is something else: the usual case
    }
  }

  return {
    known: () => found,
    look() {
      if (lookedAt !== null && deps.clock.monotonic() - lookedAt < freshMs) return Promise.resolve(found);
      looking ??= lookNow();
      return looking;
    },
  };
}

/** Names in the answer of an OpenAI-compatible `/models`, chat models first. */
function modelIds(answer: unknown): string[] {
  const data = isObject(answer) && Array.isArray(answer["data"]) ? answer["data"] : [];
  const ids = data.flatMap((item: unknown) =>
    isObject(item) && typeof item["id"] === "string" && /^\S.{0,198}$/.test(item["id"]) ? [item["id"]] : [],
  );
  const isEmbedding = (id: string) => /embed|bge-|rerank|whisper/i.test(id);
  return [...ids.filter((id) => !isEmbedding(id)), ...ids.filter(isEmbedding)].slice(0, 200);
}

async function limitedText(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxListBytes) throw new Error("the list of models is too long");
  }
  return text;
}
