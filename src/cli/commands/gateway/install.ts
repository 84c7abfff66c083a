import { messageOf, UserError } from "../../../core/errors.ts";
import {
  findDrift,
  wslAdvice,
  type Drift,
  type ServiceChange,
  type ServiceHost,
  type ServiceSpec,
} from "../../../service/index.ts";
import { prepareStateDir } from "../../../state/index.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { flag } from "../../options.ts";
import { openDesk, pinAdvice, type Desk } from "../../service-desk.ts";
import { serviceConfig, wantedSpec } from "./service-desk.ts";
import { applySentinel, isSomebodyTold, sentinelDesk } from "./sentinel-timer.ts";
import { printSteps } from "../../service-steps.ts";

export const run: CommandBody = (context, _args, options) => install(context, options);

/** `gateway install` on a machine. */
export async function install(
  context: CommandContext,
  options: Record<string, unknown>,
  host?: ServiceHost,
): Promise<number> {
  const desk = await openDesk(context, { ...options, installing: true }, { role: "gateway", host });
  const start = options.start !== false;
  const [force, dry] = [flag(options, "force"), flag(options, "dryRun")];
  const before = await desk.supervisor.inspect();
  const { spec, configured } = await wantedSpec(context, options, desk, before.facts);
  const notes = adviceBefore(desk, spec);
  if (start) await needLocalGateway(context, desk);
  if (before.installed && !force) {
    const drift =
      before.facts === null ? [] : findDrift(before.facts, spec, { ...configured, system: desk.system });
    if (before.facts === null || drift.length > 0) throw alreadyThere(before.definitionPath, drift);
  }
  const unchanged = before.installed && !force;
  if (!dry) await prepareState(context, desk, spec);
  const removed = force ? await removeLegacy(desk, dry, spec) : [];
  const change = unchanged
    ? start
      ? await desk.supervisor.start()
      : {
          kind: before.kind,
          name: before.name,
          definitionPath: before.definitionPath,
          steps: [],
          notes: [],
          started: false,
        }
    : await desk.supervisor.install(spec, { start });
  change.notes.push(...notes, ...(wslNote(desk, change) ?? []));
  const sentinel = await installSentinel(context, { desk, spec, options, change });
  report(context, { options, desk, change, spec, unchanged, removed, sentinel });
  return 0;
}

/** A service whose gateway would refuse to start is not installed half-way. */
async function needLocalGateway(context: CommandContext, desk: Desk): Promise<void> {
  const { config, exists } = (await serviceConfig(context, desk)).read();
  if (config.gateway.mode === "local") return;
  const remote = config.gateway.mode === "remote";
  throw new UserError(
    "GATEWAY_START_BLOCKED",
    `Gateway start blocked: set gateway.mode=local${exists ? "" : ` (there is no ${desk.paths.configPath})`}`,
    {
      hint: remote
        ? "this machine is configured to use a remote gateway; to run one here: openclaw config set gateway.mode local"
        : "openclaw setup   (or install without starting: openclaw gateway install --no-start)",
    },
  );
}

/** The sentinel's timer comes and goes with the service. The gateway runs all the same when that fails. */
async function installSentinel(
  context: CommandContext,
  given: { desk: Desk; spec: ServiceSpec; options: Record<string, unknown>; change: ServiceChange },
): Promise<string> {
  const { desk, spec, options, change } = given;
  const { config } = (await serviceConfig(context, desk)).read();
  const asked = options.sentinel === true;
  const dry = flag(options, "dryRun");
  const sentinel = sentinelDesk(desk, { config, spec, asked, dry, signal: context.signal });
  if (sentinel === null) return "none";
  if (options.sentinel === false) sentinel.wanted = null;
  if (asked && !isSomebodyTold(config)) {
    change.notes.push(
      "The sentinel tells nobody yet: openclaw config set sentinel.webhook.url https://… (or sentinel.command, sentinel.telegram, sentinel.discord)",
    );
  }
  try {
    const { result, steps, notes } = await applySentinel(sentinel);
    change.steps.push(...steps);
    change.notes.push(...notes);
    return result;
  } catch (error) {
    change.notes.push(
      `The sentinel's timer could not be installed: ${messageOf(error)}. Run the same command again, or: openclaw gateway sentinel`,
    );
    return "failed";
  }
}

function alreadyThere(path: string, drift: Drift[]): UserError {
  const what = drift.map(({ message }) => message).join("; ") || "it cannot be read";
  return new UserError("SERVICE_EXISTS", `a different service definition is installed (${path}): ${what}`, {
    hint: drift[0]?.repair ?? "openclaw gateway install --force",
    details: { drift: drift.map(({ what: which }) => which) },
  });
}

/** The directory it works in, and the port where every other command finds it. */
async function prepareState(context: CommandContext, desk: Desk, spec: ServiceSpec): Promise<void> {
  if (desk.paths !== context.paths) return;
  prepareStateDir(context.paths);
  const store = await context.openConfig();
  const { source, value } = store.explain("gateway.port");
  if (source === "default" && value !== spec.port && store.read().valid)
    store.set("gateway.port", spec.port, { author: "openclaw", reason: "port of the installed service" });
}

/** Services of older names on the same state would fight for the port (CONF-01, CONF-02). */
async function removeLegacy(desk: Desk, dry: boolean, spec: ServiceSpec): Promise<string[]> {
  const removed: string[] = [];
  for (const found of await desk.supervisor.scan()) {
    if (found.status !== "legacy") continue;
    const dir = found.facts?.stateDir ?? null;
    const same = dir === spec.stateDir || (dir === null && spec.profile === "default");
    if (!same) continue;
    await desk.supervisor.remove(found);
    removed.push(`${dry ? "would remove" : "removed"} ${found.name} (${found.path})`);
  }
  return removed;
}

function adviceBefore(desk: Desk, spec: ServiceSpec): string[] {
  const notes: string[] = [];
  if (spec.runtime.kind === "bun") {
    notes.push(
      "WARNING: Bun is not supported for the service: WhatsApp and Telegram are known to break with it. Use it for development only; `openclaw gateway install --force --runtime node` goes back.",
    );
  }
  notes.push(...pinAdvice(desk, spec, "openclaw gateway install"));
  return notes;
}

function wslNote({ host, system }: Desk, { name }: ServiceChange): string[] | null {
  const advice = system ? null : wslAdvice(host, name);
  return advice === null ? null : [advice];
}

function report(
  context: CommandContext,
  done: {
    options: Record<string, unknown>;
    desk: Desk;
    change: ServiceChange;
    spec: ServiceSpec;
    unchanged: boolean;
    removed: string[];
    sentinel: string;
  },
): void {
  const { out } = context;
  const { options, desk, change, spec, unchanged, removed, sentinel } = done;
  const dry = flag(options, "dryRun");
  const outcome = dry ? "planned" : unchanged ? "unchanged" : "installed";
  if (flag(options, "json")) {
    const { kind, name, definitionPath, started, notes, steps } = change;
    out.json({
      ok: true,
      action: "install",
      result: outcome,
      started: started && !dry,
      kind,
      name,
      path: definitionPath,
      profile: spec.profile,
      port: spec.port,
      runtime: spec.runtime,
      stateDir: spec.stateDir,
      configPath: spec.configPath,
      removed,
      sentinel,
      notes,
      ...(dry ? { steps } : {}),
    });
    return;
  }
  if (dry) printSteps(out, change.steps);
  else {
    const words = unchanged
      ? change.started
        ? "Service already installed; it runs"
        : "Service already installed"
      : change.started
        ? "Service installed and started"
        : "Service installed; start it with `openclaw gateway start`";
    out.line(out.style.green(words));
    out.pairs([
      ["Service", `${change.name} (${change.kind})`],
      ["Definition", change.definitionPath],
      ["Command", `${spec.runtime.path} ${spec.script}`],
      ["Port", String(spec.port)],
      ["Log", desk.supervisor.logHint()],
      ...(sentinel === "none" ? [] : [["Sentinel", sentinelWords(sentinel)] as [string, string]]),
    ]);
  }
  for (const line of removed) out.line(line);
  for (const note of change.notes) out.note(out.style.yellow(note));
}

function sentinelWords(result: string): string {
  if (result === "removed") return "removed: nobody is to be told";
  if (result === "failed") return "not installed";
  return "its timer looks at the gateway and tells you when it is down";
}
