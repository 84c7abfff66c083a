import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { codeOf, messageOf } from "../core/errors.ts";
import { sortableId } from "../core/ids.ts";
import { isObject } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";
import { parseSessionKey } from "../core/session-key.ts";
import type { SessionStore } from "../sessions/index.ts";
import type { Paths } from "../state/index.ts";
import type { ReloadState } from "../gateway/contract.ts";

/**
 * Tells the conversation that asked for a restart that it happened, and what became of its change: `config.apply`,
 * `config.patch` and `update.run` leave `restart-sentinel.json` behind for it. The file goes once the note is stored.
 */
export async function reportRestart(options: {
  paths: Paths;
  /** Of the gateway that starts now. */
  version: string;
  sessions: SessionStore;
  reverted: ReloadState["reverted"];
  defaults: { agentId: string; mainKey: string };
  clock: Clock;
  logger: Logger;
}): Promise<void> {
  const { paths, sessions, reverted, defaults, clock, logger } = options;
  const path = join(paths.stateDir, "restart-sentinel.json");
  try {
    const wish: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isObject(wish) && typeof wish["sessionKey"] === "string") {
      const { canonical, agentId } = parseSessionKey(wish["sessionKey"], defaults);
      const at = clock.now();
      const asked = typeof wish["ts"] === "number" ? wish["ts"] : at;
      const note = typeof wish["message"] === "string" ? ` (${wish["message"]})` : "";
      const kind = String(wish["kind"]).replace("-", ".");
      const text =
        wish["kind"] === "update"
          ? updateText(wish, options.version, note)
          : reverted !== null && reverted.at >= asked
            ? `The change of ${kind}${note} was taken back: ${reverted.reason}.`
            : `The gateway restarted for ${kind}${note}.`;
      await sessions.ensure(canonical, agentId);
      await sessions.append(canonical, [
        {
          id: sortableId(at),
          ts: at,
          role: "user",
          kind: "injected",
          content: [{ type: "text", text }],
          origin: { door: "system-event", trust: "untrusted", sender: "gateway" },
        },
      ]);
    }
    rmSync(path, { force: true });
  } catch (error) {
    if (codeOf(error) !== "ENOENT")
      logger.warn("the restart could not be reported to the conversation that asked for it", {
        error: messageOf(error),
      });
  }
}

function updateText(wish: Record<string, unknown>, version: string, note: string): string {
  const stats = isObject(wish["stats"]) ? wish["stats"] : {};
  const after = isObject(stats["after"]) ? stats["after"]["version"] : null;
  return after === version
    ? `The gateway was updated to ${version}${note}. It is watched for a minute, and goes back by itself when it fails.`
    : `The update to ${String(after)}${note} was taken back; ${version} runs again. openclaw update status tells why.`;
}
