import { UserError } from "../../core/errors.ts";
import type { ModelRef } from "../contract.ts";
import { knownAliases, knownModels } from "./known-models.ts";

export function formatRef(ref: ModelRef): string {
  return `${ref.provider}/${ref.model}`;
}

/**
 * Reads `provider/model` (only the first slash separates), an alias such as `opus`, or the bare id of a known model.
 * Provider names are compared in lower case; model names are kept as written.
 * @throws UserError MODEL_REF_INVALID
 */
export function parseRef(text: string, aliases: Readonly<Record<string, string>> = {}): ModelRef {
  const wanted = text.trim();
  const alias = lookUp(aliases, wanted) ?? lookUp(knownAliases, wanted);
  if (alias !== undefined && alias !== wanted) return splitRef(alias) ?? fail(alias);
  const split = splitRef(wanted);
  if (split) return split;
  const known = knownModels.filter((model) => model.id === wanted);
  const [only] = known;
  if (only && known.length === 1) return { provider: only.provider, model: only.id };
  return fail(text);
}

function splitRef(text: string): ModelRef | null {
  const match = /^([a-z0-9][a-z0-9._-]{0,63})\/(\S(?:.{0,198}\S)?)$/i.exec(text);
  if (!match?.[1] || !match[2] || /[\u0000-\u001f\u007f]/.test(text)) return null;
  return { provider: match[1].toLowerCase(), model: match[2] };
}

function lookUp(aliases: Readonly<Record<string, string>>, name: string): string | undefined {
  const key = name.toLowerCase();
  return Object.entries(aliases).find(([alias]) => alias.toLowerCase() === key)?.[1];
}

function fail(text: string): never {
  throw new UserError("MODEL_REF_INVALID", `${JSON.stringify(text.slice(0, 120))} is not a model reference`, {
    hint: "write provider/model, e.g. anthropic/claude-opus-4-6; `openclaw models list --all` shows what is known",
  });
}
