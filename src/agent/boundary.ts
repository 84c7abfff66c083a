import { createHash } from "node:crypto";

/**
 * The boundary around foreign text (core/untrusted.ts). Made from the random id of the session and what it encloses: who
 * writes a message cannot know it, every message has its own, and it stays the same in later prompts, so the
 * provider's prompt cache keeps working.
 */
export function boundaryFor(sessionId: string, subject: string): string {
  return createHash("sha256").update(`${sessionId}\n${subject}`).digest("hex").slice(0, 16);
}
