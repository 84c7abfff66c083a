import { UserError } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { GuardedFetch } from "../guard/index.ts";
import type { SpeechEngine } from "./contract.ts";

type Service = Extract<SpeechEngine, { kind: "service" }>;

const maxAnswerBytes = 32 * 1024 * 1024;

/** One request to a speech service. @throws UserError MEDIA_SERVICE with the service's own words when it refuses */
export async function postAudio(
  service: Service,
  request: { path: string; body: FormData | string },
  { fetch }: { fetch: GuardedFetch },
  signal: AbortSignal,
): Promise<Response> {
  const key = await service.key(signal);
  const url = new URL(`${service.baseUrl.replace(/\/+$/, "")}${request.path}`);
  const response = await fetch(url, {
    method: "POST",
    body: request.body,
    headers: {
      ...(typeof request.body === "string" ? { "content-type": "application/json" } : {}),
      ...(key ? { authorization: `Bearer ${key.reveal()}` } : {}),
    },
    signal,
    limits: { totalTimeoutMs: service.timeoutMs, maxBytes: maxAnswerBytes, maxRedirects: 0 },
  });
  if (response.ok) return response;
  const said: unknown = await response.json().catch(() => null);
  const error = isObject(said) ? said["error"] : null;
  const words = isObject(error) && typeof error["message"] === "string" ? error["message"] : "";
  throw new UserError(
    "MEDIA_SERVICE",
    `${url.host} answered ${response.status}${words === "" ? "" : `: ${words.slice(0, 200)}`}`,
  );
}
