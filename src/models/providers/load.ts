import type { Clock } from "../../core/clock.ts";
import type { ModelProvider } from "../contract.ts";
import type { Wire } from "../wire-rules.ts";

/** What every adapter is given. */
export interface ProviderDeps {
  fetch: typeof fetch;
  clock: Clock;
  timeouts: ProviderTimeouts;
}

export interface ProviderTimeouts {
  /** Until the answer begins; reading a long prompt takes local models minutes. */
  firstByteMs: number;
  /** Between two bytes of an answer. */
  idleMs: number;
}

export const defaultTimeouts: ProviderTimeouts = { firstByteMs: 300_000, idleMs: 120_000 };

/** Adapters by wire format, each loaded when first asked for: none is on the way of starting up. */
export function createProviderLoader(deps: ProviderDeps): (wire: Wire) => Promise<ModelProvider> {
  const loaded = new Map<Wire, Promise<ModelProvider>>();
  return (wire) => {
    let provider = loaded.get(wire);
    if (!provider) {
      provider = load(wire, deps);
      loaded.set(wire, provider);
    }
    return provider;
  };
}

async function load(wire: Wire, deps: ProviderDeps): Promise<ModelProvider> {
  switch (wire) {
    case "offline":
      return (await import("./offline/index.ts")).createOfflineProvider();
    case "anthropic-messages":
      return (await import("./anthropic-messages/index.ts")).createAnthropicMessages(deps);
    case "openai-responses":
      return (await import("./openai-responses/index.ts")).createOpenaiResponses(deps);
    case "openai-chat":
      return (await import("./openai-chat/index.ts")).createOpenaiChat(deps);
    case "google-generative":
      return (await import("./google-generative/index.ts")).createGoogleGenerative(deps);
  }
}
