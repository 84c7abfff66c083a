import type { Principal } from "../core/authority.ts";

interface PairedPerson {
  channel: string;
  account: string;
  id: string;
  name: string | null;
  code: string;
}

/** What `/pair` needs: who asks to be let in on a channel, and the answer to it. */
export interface PairingCommands {
  list(): { pending: readonly PairedPerson[] };
  /** @throws UserError for a code nobody has */
  approve(code: string, options: { by: string }): PairedPerson;
  /** @throws UserError for a code nobody has */
  reject(code: string, options: { by: string }): PairedPerson;
}

/**
 * `/pair`, `/pair approve CODE`, `/pair reject CODE`. Nobody becomes the owner by a chat command.
 * @throws UserError for a code nobody has
 */
export function runPairCommand(argument: string, { id: by }: Principal, pairing: PairingCommands): string {
  const [word = "", code = "", ...rest] = argument.split(/\s+/);
  if (word === "" || word === "list") {
    const lines = pairing.list().pending.map((person) => `${person.code}: ${describe(person)}`);
    return lines.length === 0
      ? "Nobody asks to be let in."
      : `${lines.join("\n")}\nLet one in with /pair approve CODE.`;
  }
  if ((word !== "approve" && word !== "reject") || code === "" || rest.length > 0)
    return "Use /pair, /pair approve CODE or /pair reject CODE.";
  if (word === "approve") return `${describe(pairing.approve(code, { by }))} may write to me now.`;
  return `${describe(pairing.reject(code, { by }))} was not let in.`;
}

/** Names are chosen by strangers: one line, bounded, and never without the id. */
function describe({ channel, account, id, name }: PairedPerson): string {
  const line = (text: string) =>
    text
      .replaceAll(/[\p{C}\s]+/gu, " ")
      .trim()
      .slice(0, 60);
  const where = account === "default" ? channel : `${channel}/${account}`;
  return name === null ? `${line(id)} on ${where}` : `${line(name)} (${line(id)}) on ${where}`;
}
