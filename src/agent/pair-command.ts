import type { Principal } from "../core/authority.ts";
import { UserError } from "../core/errors.ts";

interface PairedPerson {
  channel: string;
  account: string;
  id: string;
  name: string | null;
  code: string;
}

/** A device that asks to be let in. Names and platforms are what it says about itself. */
interface AskingDevice {
  requestId: string;
  displayName?: string | undefined;
  platform?: string | undefined;
  remoteIp?: string | undefined;
  role: string;
  scopes: readonly string[];
}

/** Devices that ask, and the answer to them; what is approved is at most what the approver holds. */
export interface DeviceRequests {
  pending(): readonly AskingDevice[];
  /** @throws UserError for a request that is gone, or wider than the approver */
  approve(requestId: string, approver: Principal): void;
  /** @throws UserError for a request that is gone */
  reject(requestId: string): void;
}

/** What `/pair` needs: who asks to be let in on a channel, and the answer to it. */
export interface PairingCommands {
  list(): { pending: readonly PairedPerson[] };
  /** @throws UserError for a code nobody has */
  approve(code: string, options: { by: string }): PairedPerson;
  /** @throws UserError for a code nobody has */
  reject(code: string, options: { by: string }): PairedPerson;
  /** Absent where no gateway runs. */
  devices?: DeviceRequests;
}

const usage = "Use /pair, /pair approve CODE, /pair reject CODE, or /pair device approve ID.";

/**
 * `/pair`, `/pair approve CODE`, `/pair reject CODE`, and `/pair device approve ID` for devices of the control plane.
 * Nobody becomes the owner by a chat command.
 * @throws UserError for a code or id nobody has
 */
export function runPairCommand(argument: string, principal: Principal, pairing: PairingCommands): string {
  const { id: by } = principal;
  const [word = "", code = "", ...rest] = argument.split(/\s+/);
  if (word === "" || word === "list") {
    const people = pairing.list().pending.map((person) => `${person.code}: ${describe(person)}`);
    const devices = pairing.devices?.pending().map(describeDevice) ?? [];
    if (people.length + devices.length === 0) return "Nobody asks to be let in.";
    return [
      ...people,
      ...(people.length > 0 ? ["Let one in with /pair approve CODE."] : []),
      ...devices,
      ...(devices.length > 0 ? ["Let one in with /pair device approve ID."] : []),
    ].join("\n");
  }
  if (word === "device") return answerDevice([code, ...rest], principal, pairing.devices);
  if ((word !== "approve" && word !== "reject") || code === "" || rest.length > 0) return usage;
  if (word === "approve") return `${describe(pairing.approve(code, { by }))} may write to me now.`;
  return `${describe(pairing.reject(code, { by }))} was not let in.`;
}

function answerDevice(
  [word = "", id = "", ...rest]: readonly string[],
  principal: Principal,
  devices: DeviceRequests | undefined,
): string {
  if (!devices) return "No gateway runs here.";
  if ((word !== "approve" && word !== "reject") || id.length < 4 || rest.length > 0) return usage;
  const hits = devices.pending().filter(({ requestId }) => requestId.startsWith(id.toLowerCase()));
  const [device, ...more] = hits;
  if (!device || more.length > 0) {
    throw new UserError(
      "PAIRING_CODE_UNKNOWN",
      device
        ? `${JSON.stringify(id)} fits ${hits.length} devices`
        : `no device asks under ${JSON.stringify(id.slice(0, 40))}`,
      { hint: "see who asks with /pair" },
    );
  }
  if (word === "reject") {
    devices.reject(device.requestId);
    return `Not let in: ${describeDevice(device)}`;
  }
  devices.approve(device.requestId, principal);
  return `Let in: ${describeDevice(device)}`;
}

/** With everything it would get: an operator's device is more than one that talks. */
function describeDevice({ requestId, displayName, platform, remoteIp, role, scopes }: AskingDevice): string {
  const what = [line(displayName ?? "a device"), ...(platform ? [line(platform)] : [])].join(", ");
  const rights = role === "node" ? "as a node" : `with ${scopes.map(line).join(", ") || "no rights"}`;
  return `${requestId.slice(0, 8)}: ${what}, from ${line(remoteIp ?? "?")}, ${rights}`;
}

/** What strangers chose: one line, bounded. */
function line(text: string): string {
  return text
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, 60);
}

/** Names are never shown without the id. */
function describe({ channel, account, id, name }: PairedPerson): string {
  const where = account === "default" ? channel : `${channel}/${account}`;
  return name === null ? `${line(id)} on ${where}` : `${line(name)} (${line(id)}) on ${where}`;
}
