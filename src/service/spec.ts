import { realpathSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import { findBinary, systemPath } from "../guard/index.ts";
import type { Paths } from "../state/index.ts";
import type { ServiceHost, ServiceSpec } from "./contract.ts";
import { roleWords } from "./names.ts";

export interface SpecInput {
  paths: Pick<Paths, "profile" | "stateDir" | "configPath" | "logsDir">;
  version: string;
  /** Folder of the installed package. */
  packageRoot: string;
  runtime: "node" | "bun";
  /** The runtime this command itself runs with. */
  executable: { kind: "node" | "bun"; path: string };
  port: number;
  /** A node host's definition: what `openclaw node run` is told. */
  node?: { options: readonly string[] };
  secrets: Readonly<Record<string, Secret>>;
  account?: { user: string; group: string };
  withoutLogon?: boolean;
  /** `NODE_OPTIONS` of the definition that is replaced: a person's own value is kept (CONF-54). */
  nodeOptions?: string | null;
}

const minimalPath: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin",
  win32: "C:\\Windows\\System32;C:\\Windows",
};

/** What the service of this installation should say (SVC-004 to SVC-007). @throws UserError SERVICE_RUNTIME_MISSING */
export function buildServiceSpec(host: ServiceHost, input: SpecInput): ServiceSpec {
  const { paths, account } = input;
  return {
    profile: paths.profile,
    version: input.version,
    runtime: { kind: input.runtime, path: runtimePath(host, input) },
    script: join(input.packageRoot, "bin", "openclaw.js"),
    port: input.port,
    ...(input.node ? { node: input.node } : {}),
    stateDir: paths.stateDir,
    configPath: paths.configPath,
    logsDir: paths.logsDir,
    environment: {
      PATH: minimalPath[host.platform] ?? "/usr/local/bin:/usr/bin:/bin",
      NODE_OPTIONS: input.nodeOptions ?? "--max-old-space-size=2048",
    },
    secrets: input.secrets,
    ...(account ? { account } : {}),
    ...(input.withoutLogon ? { withoutLogon: true } : {}),
    // Only the gateway reports readiness.
    notify:
      input.node === undefined &&
      host.platform === "linux" &&
      findBinary("systemd-notify", host.folders) !== null,
  };
}

/** Pinned by absolute path: an update of the shell's default version does not change the service's (CONF-45). */
function runtimePath(host: ServiceHost, { runtime, executable, node }: SpecInput): string {
  if (executable.kind === runtime) return executable.path;
  const folders = runtime === "bun" ? [join(host.home, ".bun", "bin"), ...systemPath] : systemPath;
  const found = findBinary(runtime, folders);
  if (found !== null) return realpathSync(found);
  throw new UserError("SERVICE_RUNTIME_MISSING", `${runtime} is not installed in ${folders.join(", ")}`, {
    hint:
      runtime === "bun"
        ? `${roleWords(node ? "node" : "gateway").install} --runtime node`
        : "install Node 24 and run the same command with it",
  });
}
