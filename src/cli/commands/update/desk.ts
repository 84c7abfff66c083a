import { join, resolve } from "node:path";
import { sleep } from "../../../core/clock.ts";
import { codeOf, UserError } from "../../../core/errors.ts";
import { detectSupervisor, resolveGatewayService, thisHost } from "../../../service/index.ts";
import { expandHome, isProcessAlive } from "../../../state/index.ts";
import { openSlots, type GatewayControl, type Slots, type UpdateOptions } from "../../../update/index.ts";
import type { CommandContext } from "../../contract.ts";
import { choice, integer } from "../../options.ts";
import { findNodeService, renewNode, type NodeRenewal, type NodeService } from "../../node-upkeep.ts";
import { installKind } from "../../installation.ts";
import { installRoot } from "../../package-info.ts";

/** The folders of versions: those this copy runs from, else OPENCLAW_SLOTS_DIR, else the usual place. */
export function slotsHere({ env, paths }: CommandContext): Slots {
  if (installKind() === "slots") return openSlots(installRoot());
  const given = env.OPENCLAW_SLOTS_DIR?.trim();
  return openSlots(
    given ? resolve(expandHome(given, paths.home)) : join(paths.home, ".local", "share", "openclaw", "slots"),
  );
}

/** Who restarts the gateway of these slots; null when none runs from them. */
export async function controlOf(
  context: CommandContext,
  options: Record<string, unknown>,
  slots: Slots,
): Promise<{ control: GatewayControl | null; note: string | null }> {
  if (choice(options, "restart", ["service", "signal"] as const) === "signal")
    return { control: signalControl(context), note: null };
  const launcher = join(slots.dir, "bin", "openclaw");
  const service = await serviceOf(context);
  if (service?.script === launcherOf(slots)) return { control: service.control, note: null };
  const running = await context.runningGateway();
  if (service !== null)
    return {
      control: null,
      note: `The service runs another installation. To move it: ${launcher} gateway install --force`,
    };
  const note = running
    ? `The gateway in the foreground (pid ${running.pid}) goes on with its version until you start it again: ${launcher} gateway`
    : null;
  return { control: null, note };
}

/** The user's service of this profile, else the machine's; one that somebody stopped stays stopped. */
async function serviceOf({
  env,
  paths,
  clock,
  signal,
}: CommandContext): Promise<{ script: string | null; control: GatewayControl } | null> {
  const host = thisHost({ env, home: paths.home, clock });
  const kinds = [detectSupervisor(host), detectSupervisor(host, true)];
  for (const [index, kind] of kinds.entries()) {
    const system = index === 1;
    if (kind === null || (system && kind !== "systemd-system")) continue;
    const { profile, stateDir } = paths;
    const supervisor = resolveGatewayService(host, { profile, stateDir, system, signal });
    const state = await supervisor.inspect();
    if (!state.installed || state.runtime === "stopped") continue;
    const restart = async () => void (await supervisor.restart());
    return { script: state.facts?.script ?? null, control: { name: supervisor.name, restart } };
  }
  return null;
}

const launcherOf = (slots: Slots): string => `${join(slots.dir, "bin", "openclaw")}.js`;

/** The node's service when it runs from these slots. */
export async function nodeService(context: CommandContext, slots: Slots): Promise<NodeService | null> {
  const found = await findNodeService(context);
  return found?.running === true && found.script === launcherOf(slots) ? found : null;
}

/** Has the node of these slots start again with the version that became current. */
export async function nodeOf(
  context: CommandContext,
  options: Record<string, unknown>,
  slots: Slots,
  version: string,
): Promise<NodeRenewal | null> {
  const { out } = context;
  out.progress("looking after the node's service");
  const waitMs = updateOptions(context, options, { slots, control: null }).startMs;
  return await renewNode(context, { launcher: launcherOf(slots), version, waitMs }).finally(() =>
    out.progress(null),
  );
}

export function sayNode({ out }: CommandContext, node: NodeRenewal | null): void {
  if (node === null) return;
  if (node.result === "restarted") out.line(`The node (${node.name}) runs it too.`);
  else out.line(out.style.yellow(`The node (${node.name}): ${node.problem ?? "not restarted"}`));
}

function signalControl(context: CommandContext): GatewayControl {
  return {
    name: "the gateway",
    async restart() {
      const running = await context.runningGateway();
      if (running === null) return;
      try {
        process.kill(running.pid, "SIGTERM");
      } catch (error) {
        if (codeOf(error) === "ESRCH") return;
        throw new UserError("SERVICE_DENIED", `the gateway with pid ${running.pid} belongs to another user`, {
          hint: "run the same command as that user",
          cause: error,
        });
      }
      const giveUp = context.clock.monotonic() + 20_000;
      while (isProcessAlive(running.pid) && context.clock.monotonic() < giveUp)
        await sleep(context.clock, 50);
    },
  };
}

/** What the library is given, from the command line. */
export function updateOptions(
  context: CommandContext,
  options: Record<string, unknown>,
  given: { slots: Slots; control: GatewayControl | null },
): UpdateOptions {
  const { paths, env, clock, signal } = context;
  const seconds = (name: string, min: number) =>
    integer(options, name, { min, max: 3_600, default: 60 }) * 1000;
  return {
    ...given,
    paths,
    env,
    clock,
    signal,
    startMs: seconds("startTimeout", 1),
    watchMs: seconds("watch", 0),
  };
}
