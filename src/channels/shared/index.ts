// What several adapters do alike, in one form. It knows no platform.
export { createBackoff } from "./backoff.ts";
export { safeFileName } from "./file-name.ts";
export { neverArrived } from "./network.ts";
export { probe } from "./probe.ts";
export { count, fields, listOf, text, type Fields } from "./read.ts";
export { createTyping } from "./typing.ts";
export { accountPath, wrongConfig } from "./wrong-config.ts";
