import { agentEntry, type OpenClawConfig } from "../config/index.ts";
import { configuredExec, stricter, type ExecSettings } from "../sandbox/index.ts";
import type { SessionSettings } from "../sessions/index.ts";

/**
 * How commands of one session run. The place is the narrowest word about it: the session's (only admins can set it), the
 * agent's, that for all. How strict it is can only grow on the way.
 */
export function execSettingsOf(
  config: OpenClawConfig,
  agentId: string,
  session: SessionSettings | undefined,
): ExecSettings {
  const own = agentEntry(config, agentId)?.tools?.exec;
  const strict = stricter(
    stricter(configuredExec(config.tools.exec), { security: own?.security, ask: own?.ask }),
    { security: session?.execSecurity, ask: session?.execAsk },
  );
  return {
    ...strict,
    host: session?.execHost ?? own?.host ?? strict.host,
    node: session?.execNode || own?.node || strict.node,
  };
}
