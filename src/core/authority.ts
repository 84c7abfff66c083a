/**
 * Who may do what, decided in one place (threats.md, invariants 1 and 2). RPC methods, HTTP routes, chat commands
 * and tools name an action; nobody else compares scopes.
 */
export type Scope =
  | "operator.read"
  | "operator.write"
  | "operator.admin"
  | "operator.approvals"
  | "operator.pairing";
export const scopes: readonly Scope[] = [
  "operator.read",
  "operator.write",
  "operator.admin",
  "operator.approvals",
  "operator.pairing",
];

/** A verified caller. Built only in the handshake, HTTP auth, the channel gate and at start for the scheduler. */
export interface Principal {
  readonly kind: "operator" | "node" | "sender" | "hook" | "scheduler" | "local";
  /** Stable id: device id, connection id, `channel:account:sender`, job id. */
  readonly id: string;
  readonly role: "operator" | "node";
  readonly scopes: ReadonlySet<Scope>;
  /** Whether this is the person the gateway belongs to. */
  readonly owner: boolean;
  /** Set when a run in a sandbox caused this: whatever comes of it runs in one too (threats.md 4.12). Never unset. */
  readonly sandboxed?: boolean;
}

/** What is stored with a queued message: enough to authorise it again when it runs, and no more. */
export interface StoredPrincipal {
  kind: Principal["kind"];
  id: string;
  role: Principal["role"];
  scopes: Scope[];
  owner: boolean;
  sandboxed?: boolean;
}

export function storePrincipal(principal: Principal): StoredPrincipal {
  return {
    kind: principal.kind,
    id: principal.id,
    role: principal.role,
    scopes: [...principal.scopes],
    owner: principal.owner,
    ...(principal.sandboxed ? { sandboxed: true } : {}),
  };
}

export function loadPrincipal(stored: StoredPrincipal): Principal {
  return Object.freeze({ ...stored, scopes: new Set(stored.scopes) });
}

/** A principal with at most the given scopes. There is no way to widen one. */
export function narrow(principal: Principal, keep: Iterable<Scope>): Principal {
  const allowed = new Set(keep);
  return Object.freeze({
    ...principal,
    scopes: new Set([...principal.scopes].filter((scope) => allowed.has(scope))),
    owner: principal.owner && allowed.has("operator.admin"),
  });
}

/** `read` is met by read or write; `public` by any connected operator; `node` only by the node role. */
export type RequiredAuthority =
  | "public"
  | "read"
  | "write"
  | "admin"
  | "approvals"
  | "pairing"
  | "node"
  | "owner";

export type Decision = { allowed: true } | { allowed: false; message: string };

const yes: Decision = { allowed: true };

/**
 * The decision. `operator.admin` may do everything an operator may; nodes may do only what is marked `node`.
 * The texts of refusals are what existing clients look for (protocol.md, "Error codes").
 */
export function authorize(principal: Principal, required: RequiredAuthority): Decision {
  if (principal.role === "node") {
    return required === "node" ? yes : { allowed: false, message: "unauthorized role: node" };
  }
  if (required === "node") return { allowed: false, message: `unauthorized role: ${principal.role}` };
  if (required === "public" || principal.scopes.has("operator.admin")) return yes;
  if (required === "owner")
    return principal.owner ? yes : { allowed: false, message: "only the owner of this gateway may do that" };
  const needed: Scope = `operator.${required}`;
  if (principal.scopes.has(needed)) return yes;
  if (required === "read" && principal.scopes.has("operator.write")) return yes;
  return { allowed: false, message: `missing scope: ${needed}` };
}
