import { join } from "node:path";
import { UserError } from "../../../core/errors.ts";
import { confirm } from "../../confirm.ts";
import type { CommandBody, CommandContext, Output } from "../../contract.ts";
import { plural, sizeText } from "../../format.ts";
import { choice, flag } from "../../options.ts";
import { installRoot } from "../../package-info.ts";
import { needSafe, removable, removeAll, type Removable } from "../../removal.ts";
import { runCommand } from "../../run-command.ts";

const scopes = ["config", "config+creds+sessions", "full"] as const;
type Scope = (typeof scopes)[number];

export const run: CommandBody = async (context, _args, options) => {
  const { out, paths } = context;
  const scope = choice(options, "scope", scopes) ?? "config";
  const dry = flag(options, "dryRun");
  const asJson = flag(options, "json");
  if (scope === "full") needSafe(paths.stateDir, { home: paths.home, program: installRoot() });
  const list = listOf(context, scope);
  const backup = options["backup"] !== false && removable(paths.stateDir, "") !== null;
  const told = { scope, backup, remove: list };
  if (list.length === 0) {
    if (asJson) return out.json({ ok: true, result: "nothing", ...told });
    return out.line("Nothing to remove.");
  }
  if (!asJson || dry) show(out, told, asJson);
  if (dry) return;
  await needStopped(context);
  await confirm(context, { question: `Remove ${plural(list.length, "item")}?`, yes: flag(options, "yes") });
  // Whatever goes wrong here, nothing is gone yet.
  if (backup) await runCommand(asJson ? quiet(context) : context, ["backup", "create"], {});
  removeAll(list);
  if (asJson) return out.json({ ok: true, result: "removed", ...told });
  out.line("Removed. Set up anew: openclaw onboard");
};

function listOf({ paths }: CommandContext, scope: Scope): Removable[] {
  const { stateDir } = paths;
  const config = [
    removable(paths.configPath, "configuration"),
    removable(join(stateDir, "onboarding.json"), "answers of a setup that was stopped"),
  ];
  const more = [
    removable(paths.credentialsDir, "logins"),
    removable(paths.dotenvPath, "variables with keys"),
    removable(paths.agentsDir, "conversations and agents' own settings"),
    ...["", "-wal", "-shm"].map((end) =>
      removable(`${paths.ledgerPath}${end}`, "messages, runs and deliveries"),
    ),
    removable(paths.channelsDir, "state of the channels"),
    removable(paths.mediaDir, "files people sent"),
  ];
  const whole = [
    removable(paths.configPath, "configuration"),
    removable(stateDir, "everything of this profile, with its workspace"),
  ];
  const list = { config, "config+creds+sessions": [...config, ...more], full: whole }[scope];
  return list.filter((each) => each !== null);
}

async function needStopped(context: CommandContext): Promise<void> {
  const running = await context.runningGateway();
  if (running === null) return;
  throw new UserError(
    "GATEWAY_RUNNING",
    `a gateway (pid ${running.pid}) works with ${context.paths.stateDir}`,
    {
      hint: "openclaw gateway stop",
    },
  );
}

function show(out: Output, told: { backup: boolean; remove: Removable[] }, asJson: boolean): void {
  if (asJson) return out.json({ ok: true, result: "planned", ...told });
  out.line(out.style.bold("This would be removed:"));
  for (const { path, what, files, bytes } of told.remove)
    out.line(`  ${path}  ${out.style.dim(`${what}: ${plural(files, "file")}, ${sizeText(bytes)}`)}`);
  out.line(told.backup ? "A backup is written first." : "No backup is written.");
}

function quiet(context: CommandContext): CommandContext {
  const nothing = () => undefined;
  return { ...context, out: { ...context.out, line: nothing, pairs: nothing, note: nothing, json: nothing } };
}
