import { z } from "zod";
import { OpenClawError } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { method, type Method } from "../contract.ts";
import { allowedCommands } from "../nodes/commands.ts";
import { invokeNode, type NodeInvokeDeps } from "../nodes/invoke.ts";

/** What an operator asks of a browser: the same over HTTP and over RPC (HTTP-008). */
export interface BrowserRequest {
  method: string;
  path: string;
  query?: Readonly<Record<string, unknown>> | undefined;
  body?: unknown;
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface BrowserMethodDeps {
  /** The browser of this machine; null where none may be used. */
  local: ((request: BrowserRequest) => Promise<unknown>) | null;
  nodes: NodeInvokeDeps;
}

const maxTimeoutMs = 120_000;

/**
 * `browser.request` (protocol.md 3.11): the browser of this machine, or, where it is off, that of the one connected node
 * that offers its own.
 */
export function createBrowserMethods(deps: BrowserMethodDeps): Method[] {
  return [
    method({
      name: "browser.request",
      // A browser holds logins: who drives it acts as the owner.
      authority: "admin",
      lenient: true,
      params: () =>
        z.object({
          method: z.enum(["GET", "POST", "DELETE"]),
          path: z.string().min(1).max(2048),
          query: z.record(z.string(), z.unknown()).nullish(),
          body: z.unknown().optional(),
          timeoutMs: z.int().min(0).nullish(),
        }),
      async handler({ method: verb, path, query, body, timeoutMs }, { principal, connection, signal }) {
        const request: BrowserRequest = {
          method: verb,
          path,
          query: query ?? undefined,
          body,
          timeoutMs: timeoutMs ? Math.min(timeoutMs, maxTimeoutMs) : undefined,
        };
        if (deps.local) return await deps.local({ ...request, signal });
        const nodeId = browserNode(deps.nodes);
        const answer = await invokeNode(
          deps.nodes,
          {
            nodeId,
            command: "browser.proxy",
            params: request,
            timeoutMs: request.timeoutMs,
            idempotencyKey: uuid(),
          },
          { principal, id: connection.deviceId ?? principal.kind, signal },
        );
        return answer.payload;
      },
    }),
  ];
}

/** @throws OpenClawError UNAVAILABLE when there is none, or more than one to choose from. */
function browserNode({ nodes, devices, settings }: NodeInvokeDeps): string {
  const command = "browser.proxy";
  const fit = [...nodes.live()].filter(
    (node) =>
      node.commands.includes(command) &&
      allowedCommands(devices.get(node.nodeId)?.platform, settings().nodes).has(command),
  );
  const [only, more] = fit;
  if (only && !more) return only.nodeId;
  throw new OpenClawError(
    "UNAVAILABLE",
    more ? `${fit.length} nodes have a browser: name one with node.invoke` : "browser control is off",
    { hint: more ? "openclaw nodes list" : "openclaw config set browser.enabled true" },
  );
}
