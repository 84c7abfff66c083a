/**
 * Whether an error tells about this machine's disk and not about the request: the same request may pass later, so
 * clients hear UNAVAILABLE or 503 although a person can mend it.
 */
export function isMachineFailure(code: string | undefined): boolean {
  return (
    code === "STORAGE_FAILED" ||
    code === "STORAGE_DENIED" ||
    code === "STORAGE_DAMAGED" ||
    code === "STATE_BUSY"
  );
}
