import { bareJid, isHidden } from "./ids.ts";
import type { Received } from "./inbound.ts";

/** Hidden ids a message names somebody by: its author, whom it quotes, whose message it points at. */
export function hiddenJidsIn({ authorJid, authorAlt, content }: Received): string[] {
  const found = new Set<string>();
  const add = (jid: string | null | undefined): void => {
    const bare = bareJid(jid);
    if (bare && isHidden(bare)) found.add(bare);
  };
  if (!authorAlt || isHidden(authorAlt)) add(authorJid);
  add(content.reactionMessage?.key?.participant);
  add(content.protocolMessage?.key?.participant);
  for (const part of Object.values(content) as unknown[]) {
    if (!part || typeof part !== "object" || !("contextInfo" in part)) continue;
    add((part.contextInfo as { participant?: string | null } | null)?.participant);
  }
  return [...found];
}
