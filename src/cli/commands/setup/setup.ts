import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import type { ConfigStore } from "../../../config/index.ts";
import { UsageError } from "../../../core/errors.ts";
import { ensureWorkspace, expandHome, prepareStateDir } from "../../../state/index.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";

const note = { author: "cli", reason: "setup" };

export const run: CommandBody = async (context, _args, options) => {
  const { paths, out } = context;
  const asked = text(options, "workspace");
  if (asked?.trim() === "")
    throw new UsageError("--workspace is empty", { hint: "give a folder, or leave it out" });
  const { created } = prepareStateDir(paths);
  const store = await context.openConfig();
  const before = store.read();
  const changed = configure(store, asked === undefined ? null : resolve(expandHome(asked, paths.home)));
  const { config } = store.read();
  const workspace = ensureWorkspace(config.agents.defaults.workspace ?? paths.defaultWorkspaceDir);
  const made = [
    ...(created ? [paths.stateDir] : []),
    ...(before.exists ? [] : [paths.configPath]),
    ...workspace.created.map((name) => `${workspace.dir}/${name}`),
  ];
  if (flag(options, "json")) {
    return out.json({
      ok: true,
      profile: paths.profile,
      stateDir: paths.stateDir,
      configPath: paths.configPath,
      workspace: workspace.dir,
      port: config.gateway.port,
      created: made,
      changed,
    });
  }
  out.pairs([
    ["Profile", paths.profile],
    ["State", `${paths.stateDir}${created ? " (created)" : ""}`],
    ["Config", `${paths.configPath}${before.exists ? "" : " (created)"}`],
    [
      "Workspace",
      `${workspace.dir}${workspace.created.length > 0 ? ` (created ${workspace.created.join(", ")})` : ""}`,
    ],
    ["Changed", changed.length > 0 ? changed.join(", ") : "nothing: all of it was there"],
  ]);
  out.line();
  out.line(`Start the gateway with \`openclaw${profileFlag(paths.profile)} gateway\`.`);
};

/** Sets only what is missing. A token is needed also on loopback, where any web page can knock (CONF-20). */
function configure(store: ConfigStore, workspace: string | null): string[] {
  const changed: string[] = [];
  const set = (path: string, value: unknown) => {
    store.set(path, value, note);
    changed.push(path);
  };
  const { gateway } = store.read().config;
  if (gateway.mode === undefined) set("gateway.mode", "local");
  if (gateway.auth.mode === "token" && !gateway.auth.token) {
    set("gateway.auth.token", randomBytes(32).toString("hex"));
  }
  if (workspace !== null && store.get("agents.defaults.workspace") !== workspace) {
    set("agents.defaults.workspace", workspace);
  }
  return changed;
}

function profileFlag(profile: string): string {
  return profile === "default" ? "" : ` --profile ${profile}`;
}
