import { codeOf, messageOf } from "../../core/errors.ts";

/** Failures before a byte of the request could have reached the platform. */
const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** Whether a guarded fetch that failed with `error` surely brought nothing to the other side: sending again is safe. */
export function neverArrived(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (
    codeOf(error) === "DIAL_REFUSED" ||
    neverSent.has(codeOf(cause) ?? "") ||
    /cannot be resolved|has no address/.test(messageOf(error))
  );
}
