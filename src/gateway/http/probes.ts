import type { Route } from "./route.ts";
import { sendJson } from "./respond.ts";

/**
 * `/health`, `/ready`, `/startup` and their `z` spellings (HTTP-001, CONF-69, protocol.md 10): unauthenticated and
 * without facts. Ready and startup answer 503 while the gateway is starting or stopping.
 */
export function probeRoutes(state: () => { ready: boolean; started: boolean }): Route[] {
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
  const ready = () =>
    state().ready
      ? { status: 200, body: { ok: true, status: "ready" } }
      : { status: 503, body: { ok: false, status: "not ready" } };
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
