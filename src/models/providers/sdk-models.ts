import type { PromptMessage } from "../contract.ts";
import type { SdkMessage, SdkModel } from "./sdk-types.ts";

/** Models of one SDK, kept: each builds its validators when it is made, which costs more than a whole request. */
export interface SdkModels {
  /** To be given to the SDK: carries a request by the fetch bound to its signal. */
  fetch: typeof fetch;
  /** Lets requests with this signal be carried by `fetch`. */
  bind(signal: AbortSignal, fetch: typeof globalThis.fetch): void;
  /** `key` names everything the model was made with; secrets are no part of it, they travel in each call's headers. */
  get(key: string, make: () => Promise<SdkModel>): Promise<SdkModel>;
  /** Messages already put into the SDK's terms: a long conversation sends the same ones again at every turn. */
  converted: WeakMap<PromptMessage, SdkMessage>;
}

const mostKept = 64;

export function createSdkModels(): SdkModels {
  const bound = new WeakMap<AbortSignal, typeof fetch>();
  const kept = new Map<string, Promise<SdkModel>>();
  return {
    converted: new WeakMap(),
    fetch: (input, init) => {
      const carrier = init?.signal ? bound.get(init.signal) : undefined;
      if (!carrier) throw new Error("the SDK made a request of its own");
      return carrier(input, init);
    },
    bind: (signal, carrier) => void bound.set(signal, carrier),
    get(key, make) {
      const known = kept.get(key);
      if (known) return known;
      const made = make();
      kept.set(key, made);
      made.catch(() => kept.delete(key)); // an import that failed is tried again by the next request
      for (const oldest of kept.keys()) {
        if (kept.size <= mostKept) break;
        kept.delete(oldest);
      }
      return made;
    },
  };
}
