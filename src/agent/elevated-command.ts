import type { Principal } from "../core/authority.ts";
import type { SessionStore } from "../sessions/contract.ts";
import { elevatedLevels, type SandboxDesk } from "./run-sandbox.ts";

const means = {
  off: "commands of this session run in its sandbox",
  on: "commands run on the gateway's machine, under tools.exec",
  ask: "commands run on the gateway's machine, each after a question",
  full: "commands run on the gateway's machine without a question",
} as const;

/** `/elevated`: whether commands of a sandboxed session run outside it (AGENT-007). Only for whom the configuration names. */
export async function runElevatedCommand(
  argument: string,
  at: { sessionKey: string; principal: Principal },
  deps: { sessions: Pick<SessionStore, "patch">; sandboxes: SandboxDesk | null },
): Promise<string> {
  const { sandboxes } = deps;
  if (sandboxes === null) return "No sandbox is used here.";
  const word = argument.toLowerCase();
  if (word === "") {
    const level = sandboxes.elevatedLevel(at.sessionKey);
    const may = sandboxes.mayElevate(at.principal) ? "You may change it" : "You may not change it";
    return `Elevated: ${level} (${means[level]}). ${may} with /elevated ${elevatedLevels.join(" | ")}.`;
  }
  const level = elevatedLevels.find((each) => each === word);
  if (level === undefined)
    return `"${argument.slice(0, 40)}" is not known. Use /elevated ${elevatedLevels.join(" | ")}.`;
  // Going back inside needs nobody's permission.
  if (level !== "off" && !sandboxes.mayElevate(at.principal))
    return "You may not: tools.exec.elevated must be enabled, and its allowFrom must name you.";
  await deps.sessions.patch(at.sessionKey, { settings: { elevatedLevel: level } });
  return `Elevated: ${level} (${means[level]}).`;
}
