import { join } from "node:path";
import { configuredAgents } from "../../config/index.ts";
import { silentLogger } from "../../core/logger.ts";
import { isObject } from "../../core/json.ts";
import type { CredentialProfile } from "../../models/credentials/contract.ts";
import type { Check, CheckContext } from "../contract.ts";
import { agentFolders, bytesOf, filesIn } from "../disk.ts";

interface ModelLogins {
  agentId: string;
  model: string;
  provider: string;
  logins: CredentialProfile[];
}

/** DOC-011, HID-026: works without any, but says so. */
export const modelLogins: Check = {
  id: "model-logins",
  title: "A model has no login",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: `openclaw models auth add`",
  dependsOn: ["state-dir", "config-invalid"],
  async inspect(context) {
    const without = (await loginsOfModels(context)).filter(({ logins }) => !logins.some(isThere));
    return without.map(({ agentId, model, provider }) => ({
      evidence: `agent ${agentId} uses ${model}, and there is no login for ${provider}`,
      fix: `openclaw models auth add --provider ${provider}`,
      undo: `openclaw models auth remove ${provider}:default`,
    }));
  },
};

/** DOC-011, DOC-031 */
export const expiredLogins: Check = {
  id: "logins-expired",
  title: "A login has expired",
  severity: "warning",
  surface: "doctor",
  mends: "by hand: `openclaw models auth login` or `setup-token`",
  dependsOn: ["state-dir", "config-invalid"],
  async inspect(context) {
    const soon = context.clock.now() + 24 * 3600 * 1000;
    const all = (await loginsOfModels(context)).flatMap(({ logins }) => logins);
    const unique = [...new Map(all.map((login) => [login.id, login])).values()];
    return unique
      .filter(({ kind, expiresAt }) => kind === "token" && expiresAt !== undefined && expiresAt < soon)
      .map(({ id, provider, expiresAt = 0 }) => ({
        evidence: `${id} ${expiresAt < context.clock.now() ? "expired" : "expires"} ${new Date(expiresAt).toISOString()}`,
        fix: `openclaw models auth login --provider ${provider}`,
      }));
  },
};

const isThere = ({ problem }: CredentialProfile): boolean => problem?.state !== "missing";

async function loginsOfModels({ config, paths, env, clock }: CheckContext): Promise<ModelLogins[]> {
  const primary = config.config.agents.defaults.model.primary;
  const wanted = configuredAgents(config.config).flatMap((agent) => {
    const model = agent.model?.primary ?? primary;
    return model?.includes("/") ? [{ agentId: agent.id, model }] : [];
  });
  if (wanted.length === 0) return [];
  const { createModels } = await import("../../models/index.ts");
  const models = createModels({
    config: () => config.config,
    paths,
    env,
    clock,
    logger: silentLogger,
    fetch: () => Promise.reject(new TypeError("the doctor asks no provider")),
  });
  return wanted.map(({ agentId, model }) => {
    const provider = model.slice(0, model.indexOf("/"));
    return { agentId, model, provider, logins: models.credentials.profiles(provider, agentId) };
  });
}

/** DOC-031: files that hold logins and cannot be read. */
export const loginFiles: Check = {
  id: "login-files",
  title: "A file of logins is damaged",
  severity: "warning",
  surface: "doctor",
  mends: "the damaged file is put aside (it stays in the receipt) with `--force`",
  dependsOn: ["state-dir"],
  inspect({ paths }) {
    const files = [
      ...filesIn(paths.credentialsDir),
      ...agentFolders(paths.agentsDir).map((id) => join(paths.agentsDir, id, "agent", "auth-profiles.json")),
    ].filter((path) => path.endsWith(".json"));
    return files
      .filter((path) => {
        const bytes = bytesOf(path);
        return bytes !== null && !isJsonObject(bytes);
      })
      .map((path) => ({
        evidence: `${path} is not a JSON object; logins in it are not used`,
        fix: "restore it from a backup, or openclaw models auth add",
        repair: {
          level: "forced" as const,
          tick: "damaged login file put aside",
          steps: [{ kind: "delete" as const, path }],
        },
      }));
  },
};

/** SEC-005, SEC-017, DOC-035: older programs kept logins in plain text. */
export const plainLogins: Check = {
  id: "plain-logins",
  title: "Logins in plain text",
  severity: "warning",
  surface: "both",
  mends: "by hand: `openclaw models auth add`, which keeps them encrypted, then remove the old file",
  dependsOn: ["state-dir"],
  inspect({ paths }) {
    const files = [
      join(paths.credentialsDir, "auth-profiles.json"),
      join(paths.credentialsDir, "oauth.json"),
      ...agentFolders(paths.agentsDir).map((id) => join(paths.agentsDir, id, "agent", "auth-profiles.json")),
    ];
    return files
      .filter((path) => holdsSecret(bytesOf(path)))
      .map((path) => ({
        evidence: `${path} holds keys or tokens that are not encrypted`,
        fix: `openclaw models auth add --provider <name>, then remove the entry from ${path}`,
        undo: "openclaw models auth remove <profile>",
      }));
  },
};

function holdsSecret(bytes: Buffer | null): boolean {
  if (!bytes || !isJsonObject(bytes)) return false;
  return /"(?:key|apiKey|token|access|refresh)"\s*:\s*"[^"]{8,}"/.test(bytes.toString("utf8"));
}

function isJsonObject(bytes: Buffer): boolean {
  try {
    return isObject(JSON.parse(bytes.toString("utf8")));
  } catch {
    return false; // which is the finding
  }
}
