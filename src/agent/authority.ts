import { loadPrincipal, narrow, type Principal, type StoredPrincipal } from "../core/authority.ts";

/**
 * The authority of a run: the lowest of everything that triggered it (threats.md 4.19). Identity is the first one's,
 * scopes are those all of them have, owner only when all are, sandboxed when any is.
 */
export function lowestAuthority(first: StoredPrincipal, others: readonly StoredPrincipal[]): Principal {
  let result = loadPrincipal(first);
  for (const other of others) {
    const owner = result.owner && other.owner;
    const sandboxed = result.sandboxed === true || other.sandboxed === true;
    result = Object.freeze({
      ...narrow(result, other.scopes),
      owner,
      ...(sandboxed ? { sandboxed } : {}),
    });
  }
  return result;
}
