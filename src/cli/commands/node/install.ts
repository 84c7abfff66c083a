import { sleep } from "../../../core/clock.ts";
import { UserError } from "../../../core/errors.ts";
import { openNodeFile } from "../../../node-host/index.ts";
import { findDrift, type ServiceChange, type ServiceHost, type ServiceSpec } from "../../../service/index.ts";
import { prepareStateDir } from "../../../state/index.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { flag } from "../../options.ts";
import { openDesk, pinAdvice, type Desk } from "../../service-desk.ts";
import { printSteps } from "../../service-steps.ts";
import { nodeSpec, rememberedNode } from "./service-spec.ts";
import { nodeFileOf, nodeSettings, type NodeSettings } from "./settings.ts";
import { liveStatus, type NodeStatus } from "../../node-status-file.ts";

/** How long install waits for the first word of the node it started. */
const firstWordMs = 10_000;

export const run: CommandBody = (context, _args, options) => installNode(context, options);

/** `node install` on a machine. */
export async function installNode(
  context: CommandContext,
  options: Record<string, unknown>,
  host?: ServiceHost,
): Promise<number> {
  const desk = await openDesk(context, { ...options, installing: true }, { role: "node", host });
  const start = options.start !== false;
  const [force, dry] = [flag(options, "force"), flag(options, "dryRun")];
  const before = await desk.supervisor.inspect();
  const settings = await nodeSettings(context, options, rememberedNode(desk, before.facts));
  const spec = nodeSpec(context, { options, desk, settings, installed: before.facts });
  if (start && before.runtime !== "running") refuseBeside(desk);
  if (before.installed && !force) {
    const configured = { token: null, password: null, system: desk.system };
    const drift = before.facts === null ? null : findDrift(before.facts, spec, configured);
    if (drift === null || drift.length > 0) {
      const what = drift?.map(({ message }) => message).join("; ") ?? "it cannot be read";
      throw new UserError(
        "SERVICE_EXISTS",
        `a different service definition is installed (${before.definitionPath}): ${what}`,
        { hint: "the same command with --force" },
      );
    }
  }
  const unchanged = before.installed && !force;
  if (!dry && desk.paths === context.paths) {
    prepareStateDir(context.paths);
    openNodeFile(context.paths.stateDir).write(nodeFileOf(settings));
  }
  const since = context.clock.now();
  const change = unchanged
    ? start
      ? await desk.supervisor.start()
      : { ...before, steps: [], notes: [], started: false }
    : await desk.supervisor.install(spec, { start });
  change.notes.push(...pinAdvice(desk, spec, "openclaw node install"));
  const fresh = change.started && before.runtime !== "running";
  const word = dry || !(fresh || (change.started && !unchanged)) ? null : await firstWord(desk, since);
  report(context, { options, desk, change, settings, spec, unchanged, word });
  return 0;
}

/** Two hosts of one identity would take the connection from each other. */
function refuseBeside(desk: Desk): void {
  const live = liveStatus(desk.paths.stateDir);
  if (live === null) return;
  throw new UserError(
    "NODE_RUNNING",
    `a node host of this state directory runs already, outside the service (pid ${live.pid})`,
    { hint: `kill ${live.pid}   (then the same command again)` },
  );
}

/** What the started node says about itself; null when it says nothing in time. */
async function firstWord({ host, paths }: Desk, since: number): Promise<NodeStatus | null> {
  const giveUp = host.clock.monotonic() + firstWordMs;
  for (;;) {
    const status = liveStatus(paths.stateDir);
    if (status !== null && status.at >= since && status.state !== "connecting") return status;
    if (host.clock.monotonic() > giveUp) return null;
    await sleep(host.clock, 100);
  }
}

function report(
  { out }: CommandContext,
  done: {
    options: Record<string, unknown>;
    desk: Desk;
    change: Pick<ServiceChange, "kind" | "name" | "definitionPath" | "steps" | "notes" | "started">;
    settings: NodeSettings;
    spec: ServiceSpec;
    unchanged: boolean;
    word: NodeStatus | null;
  },
): void {
  const { options, desk, change, settings, spec, unchanged, word } = done;
  const dry = flag(options, "dryRun");
  if (flag(options, "json")) {
    const { kind, name, definitionPath, started, notes, steps } = change;
    out.json({
      ok: true,
      action: "install",
      result: dry ? "planned" : unchanged ? "unchanged" : "installed",
      started: started && !dry,
      kind,
      name,
      path: definitionPath,
      profile: spec.profile,
      stateDir: spec.stateDir,
      ...settings,
      state: word?.state ?? null,
      detail: word?.detail ?? null,
      notes,
      ...(dry ? { steps } : {}),
    });
    return;
  }
  if (dry) printSteps(out, change.steps);
  else {
    const words = unchanged
      ? `Service already installed${change.started ? "; it runs" : ""}`
      : change.started
        ? "Service installed and started"
        : "Service installed; start it with `openclaw node start`";
    out.line(out.style.green(words));
    out.pairs([
      ["Service", `${change.name} (${change.kind})`],
      ["Definition", change.definitionPath],
      ["Gateway", settings.url],
      ...(word === null ? [] : [["State", word.state] as [string, string]]),
      ["Log", desk.supervisor.logHint()],
    ]);
    if (word?.state === "waiting")
      out.line(`Let it in, on the gateway's machine: openclaw devices approve ${word.detail ?? ""}`);
    if (word?.state === "retrying") out.note(out.style.yellow(`Not connected yet: ${word.detail ?? ""}`));
  }
  for (const note of change.notes) out.note(out.style.yellow(note));
}
