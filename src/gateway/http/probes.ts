import type { Route } from "./route.ts";
import { sendJson } from "./respond.ts";

/**
 * `/health`, `/ready`, `/startup` and their `z` spellings (HTTP-001, CONF-69, protocol.md 10): unauthenticated and
 * without facts. Ready and startup answer 503 while the gateway is starting or stopping, ready also while a condition
 * keeps it from taking work; of that it tells the code alone.
 */
export function probeRoutes(
  state: () => { ready: boolean; started: boolean; blocking: readonly string[] },
): Route[] {
  const probe = (path: string, body: () => { status: number; body: unknown }): Route => ({
    methods: ["GET", "HEAD"],
    path,
    auth: "public",
    maxBodyBytes: 0,
    anyHost: true,
    handle: (_request, response) => {
      const answer = body();
      sendJson(response, answer.status, answer.body);
    },
  });
  const live = () => ({ status: 200, body: { ok: true, status: "live" } });
  const ready = () => {
    const { ready: listens, blocking } = state();
    if (!listens) return { status: 503, body: { ok: false, status: "not ready" } };
    return blocking.length === 0
      ? { status: 200, body: { ok: true, status: "ready" } }
      : { status: 503, body: { ok: false, status: "not ready", conditions: blocking } };
  };
  const started = () =>
    state().started
      ? { status: 200, body: { ok: true, status: "started" } }
      : { status: 503, body: { ok: false, status: "starting" } };
  return [
    probe("/health", live),
    probe("/healthz", live),
    probe("/ready", ready),
    probe("/readyz", ready),
    probe("/startup", started),
    probe("/startupz", started),
  ];
}
