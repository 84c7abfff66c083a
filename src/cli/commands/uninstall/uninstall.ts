import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { configuredAgents } from "../../../config/index.ts";
import { UserError } from "../../../core/errors.ts";
import { isInside } from "../../../guard/index.ts";
import {
  detectSupervisor,
  resolveGatewayService,
  resolveNodeService,
  resolveTimer,
  thisHost,
  type ServiceHost,
  type ServiceStep,
} from "../../../service/index.ts";
import { expandHome, isProcessAlive } from "../../../state/index.ts";
import { sleep } from "../../../core/clock.ts";
import { confirm } from "../../confirm.ts";
import type { CommandBody, CommandContext, Output } from "../../contract.ts";
import { plural, sizeText } from "../../format.ts";
import { flag } from "../../options.ts";
import { installRoot, packageRoot } from "../../package-info.ts";
import { needSafe, removable, removeAll, type Removable } from "../../removal.ts";
import { runCommand } from "../../run-command.ts";

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
  const plan = await planOf(context, { options, host });
  if (dry) {
    if (asJson) out.json({ ok: true, result: "planned", ...plan });
    else show(out, plan);
    return 0;
  }
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
  await services(context, host, false);
  if (running !== null) await ended(context, running.pid);
  removeAll(plan.remove);
  const shared = join(paths.home, ".local", "share", "openclaw");
  if (existsSync(shared) && readdirSync(shared).length === 0)
    removeAll([{ path: shared, what: "", files: 0, bytes: 0 }]);
  if (asJson) out.json({ ok: true, result: "removed", ...plan });
  else out.line(items === 0 ? "Nothing to remove." : "Removed.");
  return 0;
}

async function planOf(
  context: CommandContext,
  { options, host }: { options: Record<string, unknown>; host: ServiceHost },
): Promise<Removal> {
  const { paths } = context;
  const stays: string[] = [];
  const service = await services(context, host, true);
  const remove: Array<Removable | null> = [];
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

/** Removes service and timers; dry only tells the steps. Where no service manager works there is nothing of ours. */
async function services(context: CommandContext, host: ServiceHost, dry: boolean): Promise<ServiceStep[]> {
  const { profile, stateDir } = context.paths;
  const { signal } = context;
  if (detectSupervisor(host) === null) return [];
  const steps: ServiceStep[] = [];
  for (const job of ["sentinel", "backup"] as const) {
    const timer = resolveTimer(host, { job, profile, stateDir, system: false, dry, signal });
    if (timer && (await timer.inspect()).installed) steps.push(...(await timer.uninstall()).steps);
  }
  for (const serviceOf of [resolveNodeService, resolveGatewayService]) {
    const supervisor = serviceOf(host, { profile, stateDir, dry, signal });
    if ((await supervisor.inspect()).installed) steps.push(...(await supervisor.uninstall()).steps);
  }
  return steps;
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
