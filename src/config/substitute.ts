import { isObject } from "../core/json.ts";
import type { Env } from "../state/index.ts";
import { formatPath } from "./config-path.ts";
import type { ConfigIssue } from "./contract.ts";

const reference = /\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Replaces `${NAME}` in strings by variables; `$${NAME}` stays as `${NAME}`. Works on a copy: what the author wrote is
 * never saved with values in it. A value whose variable is not set is left out altogether, because neither the literal
 * text nor an empty string may become somebody's password; it is named in `missing`.
 */
export function substitute(value: unknown, env: Env): { value: unknown; missing: ConfigIssue[] } {
  const missing: ConfigIssue[] = [];
  const visit = (item: unknown, path: string[]): unknown => {
    if (typeof item === "string") return item.includes("${") ? expand(item, path) : item;
    if (Array.isArray(item)) {
      return item
        .map((inner, index) => visit(inner, [...path, String(index)]))
        .filter((inner) => inner !== undefined);
    }
    if (!isObject(item)) return item;
    const copy: Record<string, unknown> = {};
    for (const [name, inner] of Object.entries(item)) {
      const resolved = visit(inner, [...path, name]);
      if (resolved !== undefined) copy[name] = resolved;
    }
    return copy;
  };
  const expand = (text: string, path: string[]): string | undefined => {
    let complete = true;
    const result = text.replace(reference, (whole, escaped: string, name: string) => {
      if (escaped) return whole.slice(1);
      const found = env[name];
      if (found !== undefined && found !== "") return found;
      complete = false;
      missing.push({
        path: formatPath(path),
        message: `the variable ${name} is not set, so this value is left out; set it in the environment or in .env`,
      });
      return "";
    });
    return complete ? result : undefined;
  };
  return { value: visit(value, []), missing };
}
