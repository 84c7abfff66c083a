import {
  detectSupervisor,
  resolveGatewayService,
  resolveNodeService,
  resolveTimer,
  type ServiceChange,
  type ServiceHost,
  type ServiceStep,
} from "../../../service/index.ts";
import type { CommandContext } from "../../contract.ts";

/** What a service manager keeps of this profile. */
export interface ServicePart {
  /** Names of its units; more than one for a timer. */
  units: string[];
  /** Where what it starts keeps its state; null for timers and definitions that cannot be read. */
  stateDir: string | null;
  remove(options: { dry: boolean; going: readonly string[] }): Promise<ServiceChange>;
}

/**
 * Timers, node and gateway of this profile in the user's service manager or (`system`) the machine's, in the order they
 * are removed. Where no service manager works there is nothing of ours.
 */
export async function servicesOf(
  { paths, signal }: CommandContext,
  host: ServiceHost,
  system: boolean,
): Promise<ServicePart[]> {
  const kind = detectSupervisor(host, system);
  if (kind === null || (system && kind !== "systemd-system")) return [];
  const { profile, stateDir } = paths;
  const found: ServicePart[] = [];
  for (const job of ["sentinel", "backup"] as const) {
    const resolve = (how: { dry: boolean; going?: readonly string[] }) =>
      resolveTimer(host, { job, profile, stateDir, system, signal, ...how });
    const timer = resolve({ dry: true });
    if (timer === null || !(await timer.inspect()).installed) continue;
    const { name, kind: of, definitionPath } = timer;
    const nothing: ServiceChange = { kind: of, name, definitionPath, steps: [], notes: [], started: false };
    found.push({
      units: [name, name.replace(/\.timer$/, ".service")],
      stateDir: null,
      remove: async (how) => (await resolve(how)?.uninstall()) ?? nothing,
    });
  }
  for (const serviceOf of [resolveNodeService, resolveGatewayService]) {
    const resolve = (how: { dry: boolean; going?: readonly string[] }) =>
      serviceOf(host, { profile, stateDir, system, signal, ...how });
    const supervisor = resolve({ dry: true });
    const { installed, facts } = await supervisor.inspect();
    if (!installed) continue;
    found.push({
      units: [supervisor.name],
      stateDir: facts?.stateDir ?? null,
      remove: (how) => resolve(how).uninstall(),
    });
  }
  return found;
}

/** Removes them; dry only tells the steps, as they will be when the ones before are gone. */
export async function removeServices(
  parts: readonly ServicePart[],
  dry: boolean,
): Promise<{ steps: ServiceStep[]; notes: string[] }> {
  const steps: ServiceStep[] = [];
  const notes: string[] = [];
  const all = parts.flatMap(({ units }) => units);
  for (const part of parts) {
    const going = dry && part === parts.at(-1) ? all : [];
    const change = await part.remove({ dry, going });
    steps.push(...change.steps);
    notes.push(...change.notes);
  }
  return { steps, notes };
}
