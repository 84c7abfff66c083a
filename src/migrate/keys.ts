/**
 * The canonical key of a conversation of an older program (legacy-state.md 1.4): `main` and other bare spellings get
 * their agent, a direct chat is `:dm:` again, a room of a guild or workspace is a group, a topic a thread, and one run of a
 * job belongs to the job's conversation by its own key.
 */
export function canonicalKey(key: string, options: { agentId: string; mainKey: string }): string {
  if (key === "global" || key === "unknown") return key;
  const match = /^agent:([^:]+):(.+)$/s.exec(key);
  const owner = match?.[1]?.toLowerCase();
  const isOwned = owner !== undefined && /^[a-z0-9][a-z0-9_-]{0,63}$/.test(owner);
  const agentId = isOwned ? owner : options.agentId;
  const rest = (isOwned ? match?.[2] : key) ?? key;
  if (rest === "main") return `agent:${agentId}:${options.mainKey}`;
  const renamed = rest
    .replace(/^((?:[^:]+:){1,2})direct:/, "$1dm:")
    .replace(/^((?:[^:]+:){1,2})channel:/, "$1group:")
    .replace(/^((?:[^:]+:){1,2}group:[^:]+):topic:/, "$1:thread:");
  return `agent:${agentId}:${renamed}`;
}

/** Keys longer than ours may be, or with control characters, cannot be carried. */
export function isStorableKey(key: string): boolean {
  return key.length <= 512 && !/[\u0000-\u001f\u007f]/.test(key);
}
