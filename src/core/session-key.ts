import { UserError } from "./errors.ts";

/** A parsed session key. Canonical text is `agent:<agentId>:<rest>`; `global` and `unknown` stand alone. */
export interface SessionKey {
  agentId: string;
  rest: string;
  canonical: string;
}

const maxLength = 512;

/**
 * Parses what a client sent (`main`, `project-notes`, `agent:ops:main`, `agent:main:telegram:dm:1`) into canonical
 * form (protocol.md 3.3): `main` and the configured main key are the default agent's main session, other bare keys
 * belong to the default agent. Agent ids are lower case; the rest is kept byte for byte.
 * @throws UserError SESSION_KEY_INVALID for empty, overlong or control-character keys.
 */
export function parseSessionKey(text: string, defaults: { agentId: string; mainKey: string }): SessionKey {
  const key = text.trim();
  if (!key || key.length > maxLength || /[\u0000-\u001f\u007f]/.test(key)) {
    throw new UserError(
      "SESSION_KEY_INVALID",
      `session key ${JSON.stringify(text.slice(0, 80))} is empty, too long or has control characters`,
      {
        hint: "use `main` or a short name such as `project-notes`",
      },
    );
  }
  const match = /^agent:([^:]+):(.+)$/.exec(key);
  if (match?.[1] && match[2]) {
    const agentId = normalizeAgentId(match[1]);
    const rest = match[2] === "main" ? defaults.mainKey : match[2];
    return { agentId, rest, canonical: `agent:${agentId}:${rest}` };
  }
  if (key === "global" || key === "unknown") return { agentId: defaults.agentId, rest: key, canonical: key };
  const rest = key === "main" ? defaults.mainKey : key;
  return { agentId: defaults.agentId, rest, canonical: `agent:${defaults.agentId}:${rest}` };
}

/** Agent ids: lower case letters, digits, `-` and `_`, at most 64 characters. */
export function normalizeAgentId(text: string): string {
  const id = text.trim().toLowerCase();
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(id)) {
    throw new UserError("AGENT_ID_INVALID", `agent id ${JSON.stringify(text.slice(0, 80))} is not valid`, {
      hint: "use lower-case letters, digits, - and _; list the agents with `openclaw agents list`",
    });
  }
  return id;
}

/** Kind of conversation a key stands for, as shown in lists. */
export function sessionKind(canonical: string): "direct" | "group" | "global" | "unknown" {
  if (canonical === "global" || canonical === "unknown") return canonical;
  return /:(?:group|channel|room):/.test(canonical) ? "group" : "direct";
}
