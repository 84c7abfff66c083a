import { join } from "node:path";
import { workspaceFolders, workspaceTexts } from "../../state/index.ts";
import type { Check, Step } from "../contract.ts";
import { look } from "../disk.ts";

const needed = ["AGENTS.md", "MEMORY.md"] as const;

/** DOC-032, CONF-73: missing files are made, existing ones are never touched. */
export const workspaceFiles: Check = {
  id: "workspace-files",
  title: "Workspace is not complete",
  severity: "warning",
  surface: "doctor",
  mends: "created from the templates; what exists is never overwritten",
  dependsOn: ["state-dir", "config-invalid"],
  inspect({ config, paths }) {
    const dir = config.config.agents.defaults.workspace ?? paths.defaultWorkspaceDir;
    const missing = needed.filter((name) => !look(join(dir, name)));
    if (missing.length === 0) return [];
    const steps: Step[] = look(dir) ? [] : [{ kind: "mkdir", path: dir, mode: 0o700 }];
    for (const folder of workspaceFolders) {
      if (!look(join(dir, folder))) steps.push({ kind: "mkdir", path: join(dir, folder), mode: 0o700 });
    }
    for (const name of missing) {
      steps.push({
        kind: "write",
        path: join(dir, name),
        bytes: Buffer.from(workspaceTexts[name] ?? ""),
        mode: 0o600,
      });
    }
    return [
      {
        evidence: `${dir} lacks ${missing.join(", ")}`,
        fix: "openclaw doctor --repair",
        repair: { level: "recommended", tick: "workspace files created", steps },
      },
    ];
  },
};

/** DOC-021, DOC-007 */
export const workspaceTip: Check = {
  id: "workspace-backup",
  title: "The workspace has no history",
  severity: "info",
  surface: "doctor",
  mends: "a tip; `--no-workspace-suggestions` hides it",
  dependsOn: ["state-dir", "config-invalid"],
  inspect({ config, paths, wants }) {
    const dir = config.config.agents.defaults.workspace ?? paths.defaultWorkspaceDir;
    if (!wants.workspaceSuggestions || !look(dir) || look(join(dir, ".git"))) return [];
    return [
      {
        evidence: `${dir} is not a git repository; what the agent writes there cannot be compared or brought back`,
        fix: `git -C ${dir} init`,
        undo: `rm -r ${join(dir, ".git")}`,
      },
    ];
  },
};
