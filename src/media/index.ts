export type { MediaSettings, SpeechEngine, SpeechSettings } from "./contract.ts";
export type { CommandHost } from "./command.ts";
export { createMediaPreparer } from "./prepare.ts";
export { speak } from "./speak.ts";
export { sniffType } from "./sniff.ts";
