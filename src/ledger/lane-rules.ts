import type { StoredPrincipal } from "../core/authority.ts";
import type { DeliveryTarget, InboundMessage } from "./contract.ts";

/** What the rules look at; an inbox row has it all. */
export type LaneMessage = Pick<
  InboundMessage,
  "mode" | "principal" | "deliverTo" | "options" | "sessionKeyAsSent"
> & { seq: number };

export interface LanePlan<M> {
  /** Messages of the next run, oldest first; never empty unless the queue is. */
  take: M[];
  /** Messages that end now because a newer one interrupts them. */
  superseded: M[];
}

/**
 * Decides what the next run of an idle session answers, given its queue oldest first:
 *
 * - An `interrupt` ends every older message whose sender it may speak for; the newest one decides.
 * - The oldest message that is left starts the run. `followup` and `interrupt` go alone. After `collect` (or `steer`,
 *   which without a live run is the same) the messages directly behind it join while they are of either mode and
 *   {@link mayShareRun}; the first that may not join ends the batch, so no message overtakes another.
 */
export function planLane<M extends LaneMessage>(queue: readonly M[]): LanePlan<M> {
  const interrupt = queue.findLast((message) => message.mode === "interrupt");
  const isSuperseded = (message: M): boolean =>
    interrupt !== undefined &&
    message.seq < interrupt.seq &&
    maySpeakFor(interrupt.principal, message.principal);
  const superseded = queue.filter((message) => isSuperseded(message));
  const rest = queue.filter((message) => !isSuperseded(message));
  const first = rest[0];
  if (!first) return { take: [], superseded };
  if (!joins(first)) return { take: [first], superseded };
  const others = rest.slice(1);
  const end = others.findIndex((message) => !joins(message) || !mayShareRun(first, message));
  return { take: [first, ...(end === -1 ? others : others.slice(0, end))], superseded };
}

const joins = (message: LaneMessage): boolean => message.mode === "collect" || message.mode === "steer";

/**
 * Whether two messages may be answered by one run: same authority (a batch must not lend one sender the rights of
 * another, threats.md 4.2), same place for the reply, same options, and no conversation or tools brought by a client.
 */
function mayShareRun(a: LaneMessage, b: LaneMessage): boolean {
  return (
    sameAuthority(a.principal, b.principal) &&
    sameTarget(a.deliverTo, b.deliverTo) &&
    !isSelfContained(a) &&
    !isSelfContained(b) &&
    canonical(a.options) === canonical(b.options)
  );
}

/**
 * Whether a `steer` message may enter a run that is answering `run`: the run keeps its authority, so the newcomer must
 * have at least as much, and its reply must not be wanted anywhere else. Nobody enters a look around that nobody asked for:
 * its answer goes to another place, or nowhere.
 */
export function maySteer(run: LaneMessage, message: LaneMessage): boolean {
  return (
    message.mode === "steer" &&
    run.options.aside === undefined &&
    maySpeakFor(message.principal, run.principal) &&
    (message.deliverTo === null || sameTarget(run.deliverTo, message.deliverTo)) &&
    !isSelfContained(run) &&
    !isSelfContained(message)
  );
}

/**
 * The owner speaks for everybody; anyone else only for exactly themselves, with no fewer rights than before. What came out of
 * a sandbox never joins what runs outside one.
 */
function maySpeakFor(speaker: StoredPrincipal, other: StoredPrincipal): boolean {
  if (speaker.sandboxed === true && other.sandboxed !== true) return false;
  const covers = other.scopes.every((scope) => speaker.scopes.includes(scope));
  if (!covers || (other.owner && !speaker.owner)) return false;
  return (
    speaker.owner || (speaker.id === other.id && speaker.kind === other.kind && speaker.role === other.role)
  );
}

function sameAuthority(a: StoredPrincipal, b: StoredPrincipal): boolean {
  return maySpeakFor(a, b) && maySpeakFor(b, a);
}

function isSelfContained({ options }: LaneMessage): boolean {
  return (
    options.history !== undefined ||
    options.clientTools !== undefined ||
    options.clientToolResults !== undefined
  );
}

function sameTarget(a: DeliveryTarget | null, b: DeliveryTarget | null): boolean {
  return a === null || b === null ? a === b : targetKey(a) === targetKey(b);
}

/** One text per place a reply can go to; deliveries to the same place keep their order. */
export function targetKey(target: DeliveryTarget): string {
  return JSON.stringify([target.channel, target.account, target.to, target.threadId ?? null]);
}

function canonical(options: object): string {
  return JSON.stringify(Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
