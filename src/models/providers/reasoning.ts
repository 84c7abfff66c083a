import type { ThinkingLevel } from "../../core/conversation.ts";
import type { SdkOptions } from "./sdk-types.ts";

/** Our levels in the SDK's words, which it turns into what each model takes: effort, budget, adaptive. */
export function reasoningLevel(level: ThinkingLevel): NonNullable<SdkOptions["reasoning"]> {
  return level === "off" ? "none" : level;
}
