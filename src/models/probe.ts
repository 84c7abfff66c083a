import type { Clock } from "../core/clock.ts";
import { messageOf, OpenClawError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import type { ReachableProvider } from "./catalog/catalog.ts";
import type { AuthStatus } from "./contract.ts";
import type { CredentialProfile } from "./credentials/contract.ts";
import { createRedactor } from "./redact.ts";
import { authHeaders } from "./request-headers.ts";
import type { Choice } from "./router/candidates.ts";

const probeMs = 10_000;

type ProbeResult = Pick<AuthStatus, "state"> & Partial<AuthStatus>;

/** Shows a login to its provider with a request that costs nothing (CLI-025). Never throws. */
export async function probe(
  profile: CredentialProfile,
  provider: ReachableProvider,
  query: { choice: Choice; clock: Clock; fetch: typeof fetch; signal?: AbortSignal },
): Promise<ProbeResult> {
  const { clock } = query;
  if (provider.baseUrl === null) return { state: "valid" };
  const timeout = new AbortController();
  const cancel = clock.after(probeMs, () => timeout.abort(new Error("no answer within 10 s")));
  const signal = query.signal ? AbortSignal.any([timeout.signal, query.signal]) : timeout.signal;
  const started = clock.monotonic();
  let secret: Secret | null = null;
  try {
    if (profile.kind !== "none")
      secret = await query.choice.credentials.open(profile, query.choice.agentId, signal);
    const response = await query.fetch(`${provider.baseUrl}${provider.brand?.probePath ?? "/models"}`, {
      headers: {
        accept: "application/json",
        ...authHeaders(provider.wire, profile.kind, secret),
        ...provider.headers,
      },
      redirect: "manual",
      signal,
    });
    await response.body?.cancel();
    return { ...stateOf(response), latencyMs: Math.round(clock.monotonic() - started) };
  } catch (error) {
    if (error instanceof OpenClawError && error.code.startsWith("CREDENTIAL_")) {
      return { state: error.code === "CREDENTIAL_EXPIRED" ? "expired" : "invalid", detail: error.message };
    }
    const why = timeout.signal.aborted ? "no answer within 10 s" : causeOf(error);
    return { state: "unreachable", detail: createRedactor(secret?.reveal() ?? null)(why) };
  } finally {
    cancel();
  }
}

function stateOf(response: Response): ProbeResult {
  const { status } = response;
  if (status === 401 || status === 403)
    return { state: "invalid", detail: `the provider answered ${status}` };
  if (status === 402) return { state: "disabled", detail: "billing: the provider answered 402" };
  if (status === 429) return { state: "cooldown", detail: "rate_limit: the provider answered 429" };
  if (status === 400) return { state: "invalid", detail: "the provider answered 400" };
  if (status >= 300 && status !== 404 && status !== 405)
    return { state: "unreachable", detail: `the provider answered ${status}` };
  // 404 and 405: a compatible server without a list of models; it answered and did not refuse the key.
  return { state: "valid" };
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return messageOf(cause).slice(0, 200);
}
