import { sleep, systemClock } from "../core/clock.ts";
import { uuid } from "../core/ids.ts";
import { silentLogger } from "../core/logger.ts";
import { scopes, type Principal } from "../core/authority.ts";
import type { ThinkingLevel } from "../core/conversation.ts";
import { messageOf } from "../core/errors.ts";
import type { RunOutcome } from "../core/outcome.ts";
import { openConfigStore, defaultAgentId } from "../config/index.ts";
import { acquireGatewayLock, mergeEnv, prepareStateDir, readDotenv } from "../state/index.ts";
import type { LocalTurnOptions } from "./contract.ts";
import { openEngine } from "./engine.ts";

import { installedVersion } from "./version.ts";

const defaultTimeoutMs = 600_000;
const stopGraceMs = 1000;

/** The person at this terminal, who could read and change everything anyway. */
const localPerson: Principal = Object.freeze({
  kind: "local",
  id: "cli",
  role: "operator",
  scopes: new Set(scopes),
  owner: true,
});

/**
 * One agent turn without a gateway: the same engine in this process, under the same lock.
 * @throws UserError GATEWAY_RUNNING when a gateway holds the state directory.
 */
export async function runLocalTurn(options: LocalTurnOptions): Promise<RunOutcome> {
  const { paths } = options;
  const clock = systemClock;
  prepareStateDir(paths);
  const dotenv = readDotenv(paths.dotenvPath);
  const store = openConfigStore({ paths, env: options.env, dotenv, flags: [], clock, logger: silentLogger });
  const lock = acquireGatewayLock(paths, { port: 0, version: installedVersion(), clock });
  try {
    const engine = await openEngine({
      paths,
      env: mergeEnv(options.env, dotenv),
      config: () => store.read().config,
      clock,
      logger: silentLogger,
      onDeliveries: () => {},
    });
    try {
      await engine.storage.ledger.recover();
      const runId = uuid();
      const stopEvents = engine.runs.subscribe((event) => {
        if (event.runId === runId) options.onEvent(event);
      });
      const stopApprovals = engine.approvals.subscribe(({ type, record }) => {
        if (type !== "requested") return;
        const asked = options.approve ? options.approve(record.request) : Promise.resolve("deny" as const);
        void asked
          .catch(() => "deny" as const)
          .then((decision) => engine.approvals.resolve(record.request.id, decision, localPerson.id))
          .catch((error: unknown) =>
            silentLogger.warn("an approval could not be settled", { error: messageOf(error) }),
          );
      });
      engine.runs.start();
      const agentId = options.agentId ?? defaultAgentId(store.read().config);
      const sessionKey = options.sessionKey ?? "main";
      await engine.runs.submit({
        door: "agent.local",
        key: runId,
        sessionKey: sessionKey.startsWith("agent:") ? sessionKey : `agent:${agentId}:${sessionKey}`,
        principal: localPerson,
        text: options.message,
        options: {
          ...(options.thinking === undefined ? {} : { thinking: options.thinking as ThinkingLevel }),
          ...(options.model === undefined ? {} : { model: options.model }),
          ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
        },
      });
      const onAbort = () => void engine.runs.abort({ runId, reason: "Ctrl-C" });
      options.signal.addEventListener("abort", onAbort, { once: true });
      const outcome = await waitFor(engine.runs, runId, options.timeoutMs ?? defaultTimeoutMs);
      options.signal.removeEventListener("abort", onAbort);
      stopEvents();
      stopApprovals();
      return outcome;
    } finally {
      await engine.stop(stopGraceMs);
    }
  } finally {
    lock.release();
  }

  /** The run has its own deadline; waiting a little longer than that always sees its outcome. */
  async function waitFor(
    runs: { wait(runId: string, timeoutMs: number): Promise<RunOutcome | null> },
    runId: string,
    timeoutMs: number,
  ): Promise<RunOutcome> {
    for (;;) {
      const outcome = await runs.wait(runId, timeoutMs + 10_000);
      if (outcome) return outcome;
      await sleep(clock, 1000);
    }
  }
}
