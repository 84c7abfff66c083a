import type { ModelFailure, ModelFailureKind } from "../models/contract.ts";
import type { OutcomeReason, RunOutcome } from "../core/outcome.ts";
import { codeOf, messageOf, OpenClawError } from "../core/errors.ts";
import type { AbortCause } from "./contract.ts";

/** The part of an outcome that says how it went. */
export interface RunEnd {
  status: RunOutcome["status"];
  reason: OutcomeReason;
  error?: { code: string; message: string; hint?: string };
}

const failures: Record<ModelFailureKind, { code: string; hint: string }> = {
  auth: { code: "MODEL_AUTH", hint: "check the credentials: openclaw models status --probe" },
  rate_limit: {
    code: "MODEL_RATE_LIMIT",
    hint: "wait, or add a fallback model: openclaw config set agents.defaults.model.fallbacks",
  },
  overloaded: { code: "MODEL_OVERLOADED", hint: "try again in a minute" },
  billing: { code: "MODEL_BILLING", hint: "check the account at the provider: openclaw models status" },
  context_overflow: { code: "CONTEXT_OVERFLOW", hint: "send /compact to shorten the conversation, or /new" },
  network: { code: "MODEL_NETWORK", hint: "check the connection: openclaw models status --probe" },
  invalid_request: { code: "MODEL_REQUEST", hint: "openclaw logs --tail shows what was refused" },
  content_filter: { code: "MODEL_CONTENT_FILTER", hint: "rephrase the message" },
  not_configured: { code: "MODEL_NOT_CONFIGURED", hint: "openclaw models auth add" },
  aborted: { code: "MODEL_ABORTED", hint: "send the message again" },
  unknown: { code: "MODEL_FAILED", hint: "openclaw logs --tail" },
};

/** One sentence and a remedy for what a model could not do (ERR-008, ERR-009: the sentence is the router's). */
export function endOfFailure(failure: ModelFailure): RunEnd {
  const { code, hint } = failures[failure.kind];
  return {
    status: "error",
    reason: "failed_model",
    error: { code, message: failure.message, hint: failure.hint ?? hint },
  };
}

/** How a run ends that was stopped from outside. */
export function endOfAbort(cause: AbortCause | undefined): RunEnd {
  const detail = cause?.detail ? `: ${cause.detail}` : "";
  switch (cause?.reason) {
    case "deadline":
      return {
        status: "timeout",
        reason: "deadline",
        error: {
          code: "RUN_DEADLINE",
          message: "The run did not finish before its deadline and was stopped.",
          hint: "give it more time: openclaw config set agents.defaults.timeoutSeconds 1200",
        },
      };
    case "superseded":
      return {
        status: "aborted",
        reason: "superseded",
        error: { code: "RUN_SUPERSEDED", message: `The run was interrupted${detail}.` },
      };
    case "session_reset":
      return {
        status: "aborted",
        reason: "session_reset",
        error: { code: "SESSION_RESET", message: "The session was reset while the run was working." },
      };
    default:
      return {
        status: "aborted",
        reason: "aborted",
        error: { code: "RUN_ABORTED", message: `The run was stopped${detail}.` },
      };
  }
}

/** How a run ends that broke on an error of ours or of the configuration. */
export function endOfError(error: unknown): RunEnd {
  const known = error instanceof OpenClawError;
  const hint = known ? error.hint : "openclaw logs --tail";
  return {
    status: "error",
    reason: "failed_internal",
    error: {
      code: codeOf(error) ?? "INTERNAL",
      message: known ? messageOf(error) : `The run failed because of a defect: ${messageOf(error)}`,
      ...(hint === undefined ? {} : { hint }),
    },
  };
}

/** Errors after which nothing can be recorded any more: they go to whoever started the run. */
export function isFatal(error: unknown): boolean {
  return ["LEASE_LOST", "STORAGE_FAILED", "STORAGE_DENIED", "RUN_SUSPENDED"].includes(codeOf(error) ?? "");
}
