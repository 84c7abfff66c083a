import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import type { Check, Found } from "../contract.ts";
import { look, octal, permissions, shellWord } from "../disk.ts";

/** STATE-001, DOC-036…038, STATE-037; everything else is looked for inside this directory. */
export const stateDir: Check = {
  id: "state-dir",
  title: "State directory",
  severity: "critical",
  surface: "doctor",
  mends: "created with 0700; a directory of ours is made writable; others need chown",
  inspect({ paths, machine }) {
    const { stateDir: path } = paths;
    if (!existsSync(path)) {
      return [
        {
          severity: "warning",
          title: "State directory is missing",
          evidence: `${path} does not exist: there are no sessions, logins or settings`,
          fix: "openclaw doctor --repair, or restore a backup",
          repair: {
            level: "recommended",
            tick: "state directory created",
            steps: [{ kind: "mkdir", path, mode: 0o700 }],
          },
        },
      ];
    }
    const stat = statSync(path);
    if (!stat.isDirectory()) {
      return [
        {
          title: "State directory is a file",
          evidence: `${path} is not a directory`,
          fix: `mv ${shellWord(path)} ${shellWord(`${path}.old`)}`,
        },
      ];
    }
    return [
      ...ownership(path, stat, machine.uid),
      ...writable(path, stat.mode),
      ...sessionsDir(paths.agentsDir),
    ];
  },
};

function ownership(path: string, stat: { uid: number }, uid: number | null): Found[] {
  if (uid === null || stat.uid === uid) return [];
  const fix = `sudo chown -R ${uid} ${shellWord(path)}`;
  return [
    {
      severity: uid === 0 ? "warning" : "critical",
      title: "State directory belongs to another user",
      evidence: `${path} belongs to user ${stat.uid}, this is user ${uid}`,
      fix: uid === 0 ? "run openclaw as the user who owns it" : fix,
      undo: `sudo chown -R ${stat.uid} ${shellWord(path)}`,
    },
  ];
}

function writable(path: string, mode: number): Found[] {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    // Root may write anywhere; the mode still tells what the service user will meet.
    if ((mode & 0o700) === 0o700) return [];
  } catch (error) {
    if (!/EACCES|EPERM|EROFS/.test(messageOf(error))) throw error;
    if ((mode & 0o700) === 0o700) {
      return [
        {
          title: "State directory is not writable",
          evidence: `${path}: ${messageOf(error)}`,
          fix: `sudo chown -R "$(id -un)" ${shellWord(path)}`,
        },
      ];
    }
  }
  return [
    {
      // A warning: the repair makes it right, and what lies inside can mostly be seen.
      severity: "warning",
      title: "State directory is not writable",
      evidence: `${path} has mode ${octal(mode & 0o777)}`,
      fix: `chmod 700 ${shellWord(path)}`,
      undo: `chmod ${octal(mode & 0o777)} ${shellWord(path)}`,
      repair: { level: "safe", tick: "permissions tightened", steps: [{ kind: "chmod", path, mode: 0o700 }] },
    },
  ];
}

function sessionsDir(agentsDir: string): Found[] {
  const dirs = [agentsDir, join(agentsDir, "main"), join(agentsDir, "main", "sessions")];
  for (const path of dirs) {
    const stat = look(path);
    if (stat === null || stat.isSymbolicLink() || (stat.isDirectory() && (permissions(stat) & 0o200) !== 0))
      continue;
    return [
      {
        title: "Sessions cannot be stored",
        evidence: stat.isDirectory() ? `${path} is not writable` : `${path} is not a directory`,
        fix: stat.isDirectory()
          ? `chmod 700 ${shellWord(path)}`
          : `mv ${shellWord(path)} ${shellWord(`${path}.old`)}`,
        ...(stat.isDirectory() && {
          repair: {
            level: "safe",
            tick: "permissions tightened",
            steps: [{ kind: "chmod", path, mode: 0o700 }],
          },
        }),
      },
    ];
  }
  return [];
}
