import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Principal, RequiredAuthority } from "../../core/authority.ts";
import type { ClientAddress } from "../auth/client-address.ts";

/** What a route's handler is given. The body was read after authorisation, within the route's cap. */
export interface RouteRequest {
  method: string;
  /** Canonical path, e.g. `/v1/responses`. */
  path: string;
  /** Values of `:name` segments; `*` holds the rest of the path. */
  params: Record<string, string>;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Uint8Array;
  /** The verified caller; null on routes with auth `public` or `own`. */
  principal: Principal | null;
  /** Client address after trusted proxies, for logs and limits. Never a credential. */
  remoteAddress: string;
  /** Aborts when the client goes away or the gateway stops. */
  signal: AbortSignal;
}

/** What can be known of a request before its body is read. */
export interface RequestHead {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  address: ClientAddress;
}

/**
 * One row of the routing table. The router does everything around `handle`: canonical path, Host and Origin,
 * authorisation, content type, body cap and deadlines, security headers, errors thrown as UserError/OpenClawError.
 */
export interface Route {
  methods: readonly ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE")[];
  /** `/v1/responses`, `/hooks/:name`, `/hooks/*` (one segment or more). */
  path: string;
  /**
   * `bearer`: the gateway's shared secret (or a direct local request when auth is off). `own`: the handler verifies
   * something else, e.g. a webhook's signature, before any effect. `public`: anybody, no effect.
   */
  auth: "public" | "bearer" | "own";
  /**
   * With `own`: proves the caller from the head alone, before the method is looked at and a byte of the body is read.
   * Null when it has answered with a refusal. Without it the handler itself verifies, over the raw body.
   */
  admit?(head: RequestHead, response: ServerResponse): Principal | null;
  /** With `bearer`: requests straight from this machine need none. Only for what changes nothing. */
  directToo?: boolean;
  /** What the bearer's principal must hold. Default `write`. */
  authority?: RequiredAuthority;
  /** Bytes of body read before `handle`; 0 for routes without a body. */
  maxBodyBytes: number;
  /** Accept any content type (webhooks). Default: JSON only. */
  anyContentType?: boolean;
  /** Answers whatever the Host header says: probes, which reveal nothing and change nothing. */
  anyHost?: boolean;
  /** Whether it exists at this moment (a switch in the configuration); false answers 404. */
  enabled?: () => boolean;
  handle(request: RouteRequest, response: ServerResponse): Promise<void> | void;
}
