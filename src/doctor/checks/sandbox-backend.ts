import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentIds } from "../../config/index.ts";
import { systemClock } from "../../core/clock.ts";
import { messageOf, OpenClawError } from "../../core/errors.ts";
import { silentLogger } from "../../core/logger.ts";
import { configuredSandbox, createSandboxes } from "../../sandbox/box/index.ts";
import type { Check, Found } from "../contract.ts";

/** DOC-014: builds one of each kind that is configured, away from the state directory, and runs `true` in it. */
export const sandboxBackend: Check = {
  id: "sandbox-backend",
  title: "The sandbox cannot be built",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: install the program, or choose another backend",
  dependsOn: ["config-invalid"],
  async inspect({ config: { config }, env, paths }) {
    const folder = mkdtempSync(join(tmpdir(), "openclaw-probe-"));
    const settings = (agentId: string) =>
      configuredSandbox(config, agentId, { folder, expand: () => folder });
    const sandboxes = createSandboxes({
      settings,
      folders: () => [folder],
      stateDir: folder,
      workspaces: () => [folder],
      forbidden: { home: paths.home, secret: [paths.stateDir, paths.configPath] },
      env,
      clock: systemClock,
      logger: silentLogger,
    });
    const tried = new Map<string, Found>();
    try {
      for (const agentId of agentIds(config)) {
        try {
          const own = settings(agentId);
          if (own.mode === "off") continue;
          await sandboxes.probe(own);
        } catch (error) {
          if (!(error instanceof OpenClawError)) throw error;
          const evidence = `tools of sandboxed sessions fail: ${messageOf(error)}`;
          tried.set(evidence, {
            evidence,
            fix: error.hint ?? "openclaw sandbox explain",
            undo: `openclaw config set agents.defaults.sandbox.backend ${config.agents.defaults.sandbox.backend}`,
          });
        }
      }
      await sandboxes.stop();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return [...tried.values()];
  },
};
