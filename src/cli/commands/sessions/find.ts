import { UserError } from "../../../core/errors.ts";
import { parseSessionKey } from "../../../core/session-key.ts";
import type { CommandContext } from "../../contract.ts";
import { nearest } from "../../suggest.ts";
import { setting } from "../../target.ts";
import type { LocalState, SessionRecord } from "../../../app/contract.ts";

/** The stored conversation a user means by a key. @throws UserError SESSION_UNKNOWN with the nearest one. */
export async function findSession(
  context: CommandContext,
  state: LocalState,
  typed: string,
): Promise<SessionRecord> {
  const canonical = await canonicalKey(context, typed);
  const record = state.sessions.get(canonical);
  if (record) return record;
  const known = state.sessions.list({ limit: 500, includeGlobal: true, includeUnknown: true });
  const like = nearest(
    typed,
    known.map((r) => r.key.replace(/^agent:[^:]+:/, "")),
  );
  throw new UserError("SESSION_UNKNOWN", `there is no conversation ${JSON.stringify(typed)}`, {
    hint: like
      ? `did you mean ${JSON.stringify(like)}? See \`openclaw sessions list\``
      : "openclaw sessions list",
  });
}

async function canonicalKey(context: CommandContext, typed: string): Promise<string> {
  const { config } = (await context.openConfig()).read();
  const list = setting(config, "agents.list");
  const agents = Array.isArray(list) ? (list as Array<{ id?: unknown; default?: unknown }>) : [];
  const chosen = agents.find((agent) => agent.default === true) ?? agents[0];
  const mainKey = setting(config, "session.mainKey");
  return parseSessionKey(typed, {
    agentId: typeof chosen?.id === "string" ? chosen.id : "main",
    mainKey: typeof mainKey === "string" && mainKey ? mainKey : "main",
  }).canonical;
}
