import type { AccountPolicy } from "./admit.ts";

/** The exact commands that would let somebody in. Ids come from strangers: each word is quoted for a shell. */
export function remedies(channel: string, policy: AccountPolicy) {
  const set = (path: string, value: unknown) =>
    `openclaw config set ${shellWord(path)} ${shellWord(typeof value === "string" ? value : JSON.stringify(value))}`;
  const groupKey = (id: string, key: string) => policy.pathOf("groups", id, key);
  /** The list as it is with one more; the end of a long one is written in place. */
  const append = (path: string, list: readonly string[], id: string) =>
    list.length <= 10 ? set(path, [...list, id]) : set(`${path}[${list.length}]`, JSON.stringify(id));
  return {
    enableDirect: () => set(policy.pathOf("dmPolicy"), "pairing"),
    /** Under `pairing` the gate names the command with the code instead, when there is one. */
    allowDirect: (id: string) => append(policy.pathOf("allowFrom"), policy.allowFrom ?? [], id),
    enableGroups: (id: string) =>
      `${set(policy.pathOf("groupPolicy"), "allowlist")} && ${set(groupKey(id, "enabled"), true)}`,
    allowGroup: (id: string) => set(groupKey(id, "enabled"), true),
    allowInGroup(id: string, groupId: string) {
      const own = policy.groups[groupId]?.allowFrom;
      if (own === undefined && policy.groupAllowFrom !== null)
        return append(policy.pathOf("groupAllowFrom"), policy.groupAllowFrom, id);
      return append(groupKey(groupId, "allowFrom"), own ?? policy.allowFrom ?? [], id);
    },
    noMention: (groupId: string) => set(groupKey(groupId, "requireMention"), false),
    approve: (code: string) => `openclaw pairing approve ${shellWord(code)} --channel ${shellWord(channel)}`,
  };
}

/** A word as any POSIX shell reads it back; control characters have no place in a line people paste. */
function shellWord(text: string): string {
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069]/gu, "?");
  return /^[\w@%+=:,./-]+$/.test(line) ? line : `'${line.replaceAll("'", `'\\''`)}'`;
}
