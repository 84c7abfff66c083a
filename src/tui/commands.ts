/** Commands of this program itself; every other line, also other `/words`, goes to the gateway as a message. */
export type LocalCommand =
  | { name: "help" }
  | { name: "exit" }
  | { name: "sessions" }
  | { name: "session"; key: string };

export const helpText = [
  "/sessions  choose a conversation (Ctrl-R)",
  "/session KEY  open or begin one, e.g. /session project-notes",
  "/new  begin this conversation anew · /stop  end what runs (Esc)",
  "/status, /model, /think, /usage, …  are answered by the gateway; /help there: //help",
  "Enter sends, Alt-Enter or Ctrl-J begins a line, ↑ ↓ earlier messages, PgUp PgDn scroll",
  "Ctrl-O tools in full · Ctrl-L redraws · Ctrl-Z suspends · Ctrl-C clears, twice leaves",
].join("\n");

/** What a line means; null for a message. `//x` is the message `/x`. */
export function localCommand(line: string): LocalCommand | null {
  const match = /^\/([a-z]+)(?:\s+(\S+))?\s*$/.exec(line.trim());
  if (!match) return null;
  switch (match[1]) {
    case "help":
      return { name: "help" };
    case "exit":
    case "quit":
      return { name: "exit" };
    case "sessions":
      return { name: "sessions" };
    case "session":
      return match[2] === undefined ? { name: "sessions" } : { name: "session", key: match[2] };
    default:
      return null;
  }
}
