import { UserError } from "../../core/errors.ts";
import { agentEntry, type OpenClawConfig } from "../../config/index.ts";
import type { SandboxSettings } from "./contract.ts";

const defaultMemory = "1g";
const defaultPids = 256;
const units: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * `agents.defaults.sandbox` with what the agent has of its own. `folder`: where private folders lie unless
 * `workspaceRoot` says so; `expand` makes an absolute path of that.
 * Reading `memoryBytes` throws UserError SANDBOX_LIMIT_INVALID.
 */
export function configuredSandbox(
  config: OpenClawConfig,
  agentId: string,
  at: { folder: string; expand: (path: string) => string },
): SandboxSettings {
  const { sandbox } = config.agents.defaults;
  const own = agentEntry(config, agentId)?.sandbox;
  const { docker } = sandbox;
  return {
    mode: own?.mode ?? sandbox.mode,
    scope: own?.scope ?? sandbox.scope,
    access: own?.workspaceAccess ?? sandbox.workspaceAccess,
    backend: sandbox.backend,
    folder: sandbox.workspaceRoot ? at.expand(sandbox.workspaceRoot) : at.folder,
    image: own?.docker?.image ?? docker.image,
    network: docker.network.trim() || "none",
    // A wrong limit stops what is to be limited, not who only asks about the rest.
    get memoryBytes() {
      return bytesOf(docker.memory ?? defaultMemory);
    },
    cpus: docker.cpus ?? null,
    pidsLimit: docker.pidsLimit ?? defaultPids,
    env: docker.env,
    binds: docker.binds,
    prune: sandbox.prune,
  };
}

/** Bytes of `512m`, `1g`, `1.5g`. @throws UserError SANDBOX_LIMIT_INVALID */
function bytesOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmg]?)b?$/i.exec(text.trim());
  const bytes = Math.floor(Number(match?.[1] ?? 0) * (units[match?.[2]?.toLowerCase() ?? ""] ?? 0));
  const least = 16 * 1024 ** 2;
  if (bytes >= least) return bytes;
  throw new UserError(
    "SANDBOX_LIMIT_INVALID",
    `agents.defaults.sandbox.docker.memory is ${JSON.stringify(text)}; it must be 16m or more`,
    { hint: `openclaw config set agents.defaults.sandbox.docker.memory ${defaultMemory}` },
  );
}
