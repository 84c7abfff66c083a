export type { MediaNote, MediaSettings, PreparedMedia, SpeechEngine, SpeechSettings } from "./contract.ts";
export type { CommandHost } from "./command.ts";
export { createMediaPreparer, type MediaDeskDeps } from "./prepare.ts";
export { speak } from "./speak.ts";
export { familyOf, sniffType, type MediaFamily } from "./sniff.ts";
