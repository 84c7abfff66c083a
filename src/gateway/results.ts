import type { WireErrorCode } from "../protocol/index.ts";

/**
 * A payload that is JSON text already, so that a cached answer (`health`, `sessions.list`) costs no stringify.
 * The text is put into the frame as it is: it must come from `JSON.stringify`.
 */
export class RawJson {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }
}

/**
 * A failed answer that carries a payload beside its error: the second response of `agent` (protocol.md 3.5).
 * Every other failure is thrown.
 */
export class FailedResult {
  readonly payload: unknown;
  readonly error: { code: WireErrorCode; message: string; details?: Record<string, unknown> };

  constructor(
    payload: unknown,
    error: { code: WireErrorCode; message: string; details?: Record<string, unknown> },
  ) {
    this.payload = payload;
    this.error = error;
  }
}

/** The JSON text of a payload. `undefined` stays undefined: the member is then left out. */
export function payloadJson(payload: unknown): string | undefined {
  return payload instanceof RawJson ? payload.json : JSON.stringify(payload);
}
