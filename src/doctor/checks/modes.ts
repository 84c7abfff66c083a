import { realpathSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { Paths } from "../../state/index.ts";
import type { Check, Found, Step } from "../contract.ts";
import { agentFolders, entries, filesIn, look, octal, permissions, shellWord } from "../disk.ts";

interface Loose {
  path: string;
  mode: number;
}

/** SEC-004, DOC-042, STATE-002…007, CONF-49: files that hold a secret, or what was said, are the owner's alone. */
export const secretModes: Check = {
  id: "secret-modes",
  title: "Secrets readable by other users",
  severity: "critical",
  surface: "both",
  mends: "chmod 600, which is done also by `--non-interactive`",
  dependsOn: ["state-dir"],
  inspect({ paths, machine }) {
    if (machine.platform === "win32") return [];
    return report(
      secretFiles(paths).flatMap((path) => loose(path, 0o600) ?? []),
      0o600,
    );
  },
};

/** STATE-001, threats.md 4.14. */
export const directoryModes: Check = {
  id: "directory-modes",
  title: "State directories open to other users",
  severity: "warning",
  surface: "both",
  mends: "chmod 700, which is done also by `--non-interactive`",
  dependsOn: ["state-dir"],
  inspect({ paths, machine }) {
    if (machine.platform === "win32") return [];
    const found = report(
      privateDirs(paths).flatMap((path) => loose(path, 0o700) ?? []),
      0o700,
    );
    // Who may write here may replace the configuration: the gateway refuses to start in it.
    const writable = (look(paths.stateDir)?.mode ?? 0) & 0o022;
    return found.map((each) => ({ ...each, ...(writable && { severity: "critical" as const }) }));
  },
};

function report(found: readonly Loose[], wanted: number): Found[] {
  if (found.length === 0) return [];
  const steps = found.map(({ path, mode }): Step => ({ kind: "chmod", path, mode: mode & wanted }));
  return [
    {
      evidence: found.map(({ path, mode }) => `${path} (${octal(mode)})`).join(", "),
      fix: `chmod ${octal(wanted).slice(1)} ${found.map(({ path }) => shellWord(path)).join(" ")}`,
      repair: { level: "safe", tick: "permissions tightened", steps },
    },
  ];
}

function loose(path: string, wanted: number): Loose[] | null {
  const stat: Stats | null = look(path);
  if (!stat || stat.isSymbolicLink()) return null;
  const mode = permissions(stat);
  return (mode & 0o777 & ~wanted & 0o077) === 0 ? null : [{ path, mode }];
}

function secretFiles(paths: Paths): string[] {
  const agents = agentFolders(paths.agentsDir);
  return [
    followed(paths.configPath),
    `${paths.configPath}.bak`,
    paths.dotenvPath,
    paths.ledgerPath,
    `${paths.ledgerPath}-wal`,
    `${paths.ledgerPath}-shm`,
    paths.execApprovalsPath,
    join(paths.stateDir, "gateway-token"),
    join(paths.home, ".openclaw-gateway-token"),
    ...filesIn(paths.credentialsDir),
    ...filesIn(paths.identityDir),
    ...filesIn(paths.devicesDir),
    ...filesIn(paths.nodesDir),
    ...filesIn(paths.configHistoryDir),
    ...agents.map((id) => join(paths.agentsDir, id, "agent", "auth-profiles.json")),
    ...agents.flatMap((id) => filesIn(join(paths.agentsDir, id, "sessions"))),
    ...entries(join(paths.credentialsDir, "whatsapp"))
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => filesIn(join(paths.credentialsDir, "whatsapp", entry.name))),
  ];
}

/** A config kept elsewhere and linked here is read where it lies. */
function followed(path: string): string {
  return look(path)?.isSymbolicLink() && look(realOf(path)) ? realOf(path) : path;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // a link to nothing
  }
}

function privateDirs(paths: Paths): string[] {
  return [
    paths.stateDir,
    paths.credentialsDir,
    paths.agentsDir,
    paths.identityDir,
    paths.devicesDir,
    paths.nodesDir,
    paths.configHistoryDir,
    ...agentFolders(paths.agentsDir).flatMap((id) => [
      join(paths.agentsDir, id),
      join(paths.agentsDir, id, "agent"),
      join(paths.agentsDir, id, "sessions"),
    ]),
  ];
}
