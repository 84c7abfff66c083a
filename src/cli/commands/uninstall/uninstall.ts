import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { configuredAgents } from "../../../config/index.ts";
import { UserError } from "../../../core/errors.ts";
import { isInside } from "../../../guard/index.ts";
import { thisHost, type ServiceHost, type ServiceStep } from "../../../service/index.ts";
import { expandHome, isProcessAlive } from "../../../state/index.ts";
import { sleep } from "../../../core/clock.ts";
import { confirm } from "../../confirm.ts";
import type { CommandBody, CommandContext, Output } from "../../contract.ts";
import { plural, sizeText } from "../../format.ts";
import { flag } from "../../options.ts";
import { installRoot, packageRoot } from "../../package-info.ts";
import { needSafe, removable, removeAll, type Removable } from "../../removal.ts";
import { runCommand } from "../../run-command.ts";
import { removeServices, servicesOf, type ServicePart } from "./services.ts";

export const run: CommandBody = (context, _args, options) => uninstall(context, options);

interface Removal {
  service: ServiceStep[];
  remove: Removable[];
  /** What stays, and how it is removed. */
  stays: string[];
}

/** `uninstall` on a machine. */
export async function uninstall(
  context: CommandContext,
  options: Record<string, unknown>,
  host: ServiceHost = thisHost({ env: context.env, home: context.paths.home, clock: context.clock }),
): Promise<number> {
  const { out, paths } = context;
  const [dry, asJson] = [flag(options, "dryRun"), flag(options, "json")];
  const parts = await partsOf(context, { options, host });
  const plan = await planOf(context, { options, parts });
  if (dry) {
    if (asJson) out.json({ ok: true, result: "planned", ...plan });
    else show(out, plan);
    return 0;
  }
  const [guarded] = parts.guarded;
  if (guarded !== undefined)
    throw new UserError("SERVICE_DENIED", `${guarded} of the machine works with ${paths.stateDir}`, {
      hint: "sudo openclaw uninstall --system",
    });
  if (flag(options, "system") && host.uid !== 0)
    throw new UserError("SERVICE_DENIED", `the machine's service is removed by root, not by ${host.user}`, {
      hint: "sudo openclaw uninstall --system",
    });
  const running = await context.runningGateway();
  if (running !== null && plan.service.length === 0) {
    throw new UserError("GATEWAY_RUNNING", `a gateway (pid ${running.pid}) works with ${paths.stateDir}`, {
      hint: "openclaw gateway stop",
    });
  }
  if (!asJson) show(out, plan);
  const items = plan.remove.length + (plan.service.length > 0 ? 1 : 0);
  if (items > 0)
    await confirm(context, { question: "Remove all of this for good?", yes: flag(options, "yes") });
  if (flag(options, "backup")) await runCommand(context, ["backup", "create"], {});
  const { notes } = await removeServices(parts.going, false);
  if (running !== null) await ended(context, running.pid);
  removeAll(plan.remove);
  const shared = join(paths.home, ".local", "share", "openclaw");
  if (existsSync(shared) && readdirSync(shared).length === 0)
    removeAll([{ path: shared, what: "", files: 0, bytes: 0 }]);
  for (const note of notes) out.note(note);
  if (asJson) out.json({ ok: true, result: "removed", ...plan });
  else out.line(items === 0 ? "Nothing to remove." : "Removed.");
  return 0;
}

interface Parts {
  going: ServicePart[];
  /** Units of the machine on this state, which only root can remove. */
  guarded: string[];
}

/** The user's services; with `--system` the machine's; root's state may be served by the machine's too. */
async function partsOf(
  context: CommandContext,
  { options, host }: { options: Record<string, unknown>; host: ServiceHost },
): Promise<Parts> {
  const machine = await servicesOf(context, host, true);
  if (flag(options, "system")) return { going: machine, guarded: [] };
  const own = await servicesOf(context, host, false);
  const ours = machine.filter((part) => part.stateDir === context.paths.stateDir);
  if (ours.length === 0) return { going: own, guarded: [] };
  if (host.uid === 0) return { going: [...own, ...machine], guarded: [] };
  return { going: own, guarded: ours.flatMap(({ units }) => units) };
}

async function planOf(
  context: CommandContext,
  { options, parts }: { options: Record<string, unknown>; parts: Parts },
): Promise<Removal> {
  const { paths } = context;
  const { steps: service, notes: stays } = await removeServices(parts.going, true);
  for (const unit of parts.guarded) stays.push(`${unit} (the machine's; sudo openclaw uninstall --system)`);
  const remove: Array<Removable | null> = [];
  if (flag(options, "system")) {
    for (const stateDir of new Set(parts.going.flatMap((part) => part.stateDir ?? []))) {
      if (flag(options, "serviceOnly")) stays.push(`${stateDir} (--service-only)`);
      else {
        needSafe(stateDir, { home: paths.home, program: installRoot() });
        remove.push(removable(stateDir, "configuration, logins, conversations, workspace"));
      }
    }
    return { service, remove: remove.filter((each) => each !== null), stays: [...stays, programText()] };
  }
  if (flag(options, "serviceOnly")) stays.push(`${paths.stateDir} (--service-only)`);
  else {
    needSafe(paths.stateDir, { home: paths.home, program: installRoot() });
    remove.push(removable(paths.stateDir, "configuration, logins, conversations, workspace"));
    if (!isInside(paths.stateDir, paths.configPath))
      remove.push(removable(paths.configPath, "configuration"));
    for (const workspace of await workspacesElsewhere(context)) {
      if (!flag(options, "workspace")) stays.push(`${workspace} (a workspace; remove it too: --workspace)`);
      else {
        needSafe(workspace, { home: paths.home, program: installRoot() });
        remove.push(removable(workspace, "workspace"));
      }
    }
    const others = otherProfiles(context);
    if (others.length > 0) stays.push(`${others.join(", ")} (other profiles)`);
    else {
      remove.push(removable(paths.loginLeasesDir, "leases of logins"));
      const slots = join(paths.home, ".local", "share", "openclaw", "slots");
      if (!isInside(slots, installRoot()) && installRoot() !== slots)
        remove.push(removable(slots, "versions of `openclaw update`"));
      else stays.push(`${slots} (this program runs from it; then: rm -r ${slots})`);
    }
  }
  const backups = join(
    isInside(paths.stateDir, paths.home) ? dirname(paths.stateDir) : paths.home,
    "openclaw-backups",
  );
  if (existsSync(backups)) stays.push(`${backups} (your backups)`);
  stays.push(programText());
  return { service, remove: remove.filter((each) => each !== null), stays };
}

async function ended({ clock }: CommandContext, pid: number): Promise<void> {
  const giveUp = clock.monotonic() + 20_000;
  while (isProcessAlive(pid)) {
    if (clock.monotonic() > giveUp)
      throw new UserError("GATEWAY_RUNNING", `the gateway (pid ${pid}) did not end with its service`, {
        hint: `openclaw gateway stop; kill ${pid}`,
      });
    await sleep(clock, 50);
  }
}

async function workspacesElsewhere(context: CommandContext): Promise<string[]> {
  const { paths } = context;
  const { config } = (await context.openConfig()).read();
  const named = [
    config.agents.defaults.workspace,
    ...configuredAgents(config).map((agent) => agent.workspace),
  ];
  const folders = named.flatMap((name) => (name ? [resolve(expandHome(name, paths.home))] : []));
  return [...new Set(folders)].filter((folder) => !isInside(paths.stateDir, folder) && existsSync(folder));
}

/** State directories of other profiles in the usual places. */
function otherProfiles({ paths }: CommandContext): string[] {
  if (!existsSync(paths.home)) return [];
  return readdirSync(paths.home)
    .filter((name) => /^\.openclaw(?:-[A-Za-z0-9_-]+)?$/.test(name))
    .map((name) => join(paths.home, name))
    .filter((path) => path !== paths.stateDir && path !== paths.loginLeasesDir);
}

function programText(): string {
  const root = packageRoot();
  return existsSync(join(root, ".git")) || existsSync(join(root, "src"))
    ? `${root} (the program, a checkout; then: rm -r ${root})`
    : `${root} (the program; then: npm uninstall -g openclaw)`;
}

function show(out: Output, { service, remove, stays }: Removal): void {
  out.line(out.style.bold(service.length + remove.length > 0 ? "To be removed:" : "Nothing to remove."));
  for (const step of service) out.line(step.kind === "command" ? `  $ ${step.text}` : `  ${step.path}`);
  for (const { path, what, files, bytes } of remove)
    out.line(`  ${path}  ${out.style.dim(`${what}: ${plural(files, "file")}, ${sizeText(bytes)}`)}`);
  out.line(out.style.bold("Stays:"));
  for (const line of stays) out.line(`  ${line}`);
}
