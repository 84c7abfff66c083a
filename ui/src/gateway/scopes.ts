import type { RequiredAuthority } from "../../../src/core/authority.ts";
import { hello } from "./connection.ts";

/** Whether this page was granted what a method of this authority needs: what it may not ask, it does not ask. */
export function may(
  authority: Extract<RequiredAuthority, "write" | "admin" | "approvals" | "pairing">,
): boolean {
  const scopes = hello.value?.auth?.scopes;
  // A gateway that does not say grants what it grants; its refusal is shown then.
  if (scopes === undefined) return true;
  return scopes.includes("operator.admin") || scopes.includes(`operator.${authority}`);
}
