import type { Usage } from "../core/conversation.ts";
import type { CatalogModel } from "./contract.ts";

/**
 * Adds what the tokens cost in US dollars, when the price is known. `input` counts the tokens that came from no cache;
 * cached ones are in `cacheRead` and `cacheWrite`. Without a cache price they cost what input costs.
 */
export function withCost(usage: Usage, model: Pick<CatalogModel, "price">): Usage {
  const { price } = model;
  if (!price || usage.cost !== undefined) return usage;
  const perMillion =
    usage.input * price.input +
    usage.output * price.output +
    usage.cacheRead * (price.cacheRead ?? price.input) +
    usage.cacheWrite * (price.cacheWrite ?? price.input);
  return { ...usage, cost: perMillion / 1_000_000 };
}
