import type { Principal } from "../../core/authority.ts";
import { UserError } from "../../core/errors.ts";

/** Plain membership: `operator.admin` implies nothing here (protocol.md, "Pairing"). */
export function coveredBy(wanted: readonly string[], held: readonly string[]): boolean {
  return wanted.every((scope) => held.includes(scope));
}

/** Devices see and manage only themselves unless admin (threats.md 4.2). */
export function sees(caller: Principal, deviceId: string): boolean {
  return caller.scopes.has("operator.admin") || caller.id === deviceId;
}

/** @throws UserError `missing scope: operator.admin` when the device is not the caller's own. */
export function mayManage(caller: Principal, deviceId: string): void {
  if (!sees(caller, deviceId)) throw new UserError("INVALID_REQUEST", "missing scope: operator.admin");
}
