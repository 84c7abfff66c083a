import { z } from "zod";
import { authorize } from "../../core/authority.ts";
import { isMachineFailure } from "../machine-failure.ts";
import type { Clock } from "../../core/clock.ts";
import { codeOf, messageOf, OpenClawError, UserError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import {
  errorFrame,
  okFrame,
  wireErrorCodes,
  type RequestFrame,
  type RequestId,
  type WireError,
  type WireErrorCode,
} from "../../protocol/index.ts";
import type { CallContext, Method } from "../contract.ts";
import { FailedResult, payloadJson } from "../results.ts";
import type { LiveConnection } from "./connection.ts";
import { describeProblems } from "./param-problems.ts";

export interface Dispatcher {
  /** Names for `hello-ok.features.methods`, in the order given. */
  readonly methods: readonly string[];
  dispatch(connection: LiveConnection, frame: RequestFrame): void;
}

interface Entry {
  method: Method;
  /** Refuses unknown members; drops them for clients of protocol 4 and lenient methods (protocol.md 1 and 10). */
  exact: z.ZodType;
  tolerant: z.ZodType;
}

/**
 * The one place where requests become calls: look-up, authority, parameters, authority again where it depends on
 * them, handler, answer.
 * @throws Error when two methods have one name.
 */
export function createDispatcher(options: {
  methods: readonly Method[];
  clock: Clock;
  logger: Logger;
  requestsInFlight: () => number;
  onCall?: (method: string) => void;
}): Dispatcher {
  const { clock, logger } = options;
  const entries = new Map<string, Entry>();
  for (const method of options.methods) {
    if (entries.has(method.name)) throw new Error(`two methods are called ${method.name}`);
    entries.set(method.name, { method, ...variants(method) });
  }

  const fail = (connection: LiveConnection, id: RequestId, error: WireError) =>
    connection.sendResponse(errorFrame(id, error));

  const answer = (connection: LiveConnection, id: RequestId, result: unknown) => {
    if (result instanceof FailedResult) {
      connection.sendResponse(errorFrame(id, result.error, payloadJson(result.payload)));
    } else connection.sendResponse(okFrame(id, payloadJson(result)));
  };

  const failed = (connection: LiveConnection, frame: RequestFrame, error: unknown) => {
    if (!(error instanceof OpenClawError)) {
      logger.error("a method failed", {
        method: frame.method,
        error: messageOf(error),
        stack: error instanceof Error ? error.stack : undefined,
      });
    }
    fail(connection, frame.id, wireErrorOf(error, frame.method));
  };

  const settle = async (connection: LiveConnection, frame: RequestFrame, result: Promise<unknown>) => {
    connection.inFlight += 1;
    try {
      answer(connection, frame.id, await result);
    } catch (error) {
      failed(connection, frame, error);
    } finally {
      connection.inFlight -= 1;
    }
  };

  return {
    methods: options.methods.filter((method) => method.hidden !== true).map((method) => method.name),
    dispatch(connection, frame) {
      const { id } = frame;
      const entry = entries.get(frame.method);
      if (entry === undefined) {
        const name = frame.method === "connect" ? null : frame.method.slice(0, 128);
        const message =
          name === null ? "connect is only valid as the first request" : `unknown method: ${name}`;
        return fail(connection, id, { code: "INVALID_REQUEST", message });
      }
      const { method } = entry;
      options.onCall?.(method.name);
      const verdict = authorize(connection.principal, method.authority);
      if (!verdict.allowed)
        return fail(connection, id, { code: "INVALID_REQUEST", message: verdict.message });
      if (connection.inFlight >= options.requestsInFlight()) {
        return fail(connection, id, {
          code: "UNAVAILABLE",
          message: `${connection.inFlight} requests of this connection are being answered already`,
          retryable: true,
          retryAfterMs: 1000,
        });
      }
      const schema = connection.protocol >= 4 || method.lenient === true ? entry.tolerant : entry.exact;
      try {
        const parsed = schema.safeParse(frame.params ?? {});
        if (!parsed.success) {
          const problems = describeProblems(parsed.error, frame.params ?? {});
          return fail(connection, id, {
            code: "INVALID_REQUEST",
            message: `invalid ${method.name} params: ${problems}`,
          });
        }
        const narrower = method.authorityFor?.(parsed.data);
        const again = narrower === undefined ? null : authorize(connection.principal, narrower);
        if (again?.allowed === false)
          return fail(connection, id, { code: "INVALID_REQUEST", message: again.message });
        const result = method.handler(parsed.data, new Call(connection, id, logger, clock));
        if (result instanceof Promise) void settle(connection, frame, result);
        else answer(connection, id, result);
      } catch (error) {
        failed(connection, frame, error);
      }
    },
  };
}

/** Made per request, so it holds references only; the signal is made when somebody asks. */
class Call implements CallContext {
  readonly connection: LiveConnection;
  readonly requestId: RequestId;
  readonly logger: Logger;
  readonly clock: Clock;

  constructor(connection: LiveConnection, requestId: RequestId, logger: Logger, clock: Clock) {
    this.connection = connection;
    this.requestId = requestId;
    this.logger = logger;
    this.clock = clock;
  }

  get principal() {
    return this.connection.principal;
  }

  get signal(): AbortSignal {
    return this.connection.signal;
  }

  respondEarly(payload: unknown): void {
    this.connection.sendResponse(okFrame(this.requestId, payloadJson(payload)));
  }
}

function variants(method: Method): { exact: z.ZodType; tolerant: z.ZodType } {
  const { params } = method;
  return params instanceof z.ZodObject
    ? { exact: params.strict(), tolerant: params.strip() }
    : { exact: params, tolerant: params };
}

/**
 * An error as the wire knows it. The caller's mistakes are INVALID_REQUEST with our own code in `details.code`,
 * failures are UNAVAILABLE, and bugs say nothing but where to look.
 */
export function wireErrorOf(error: unknown, method: string): WireError {
  if (!(error instanceof OpenClawError)) {
    return { code: "UNAVAILABLE", message: `internal error in ${method}; see the gateway log` };
  }
  const own = codeOf(error) ?? "";
  const known = wireErrorCodes.has(own);
  const code = known
    ? (own as WireErrorCode)
    : error instanceof UserError && !isMachineFailure(own)
      ? "INVALID_REQUEST"
      : "UNAVAILABLE";
  const details: Record<string, unknown> = { ...error.details };
  if (!known) details["code"] ??= own;
  if (error.hint !== undefined) details["hint"] ??= error.hint;
  const wire: WireError = { code, message: error.message || code };
  if (Object.keys(details).length > 0) wire.details = details;
  if (error.retryable) wire.retryable = true;
  const { retryAfterMs } = details;
  if (typeof retryAfterMs === "number") wire.retryAfterMs = Math.max(0, Math.ceil(retryAfterMs));
  return wire;
}
