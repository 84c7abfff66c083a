export { channelProblems } from "../../../../src/onboarding/words/channel-problems-ja.ts";
export { checksInJapanese } from "./checks-ja.ts";
export { conditionsInJapanese } from "./conditions-ja.ts";
export { errorsInJapanese } from "./errors-ja.ts";
export { outcomesInJapanese } from "./outcomes-ja.ts";
export { troublesInJapanese } from "./troubles-ja.ts";
