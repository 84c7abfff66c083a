// The setup wizard: one definition of what is asked and what the answers come to, for terminal, flags and web page.
export type * from "./contract.ts";
export { planOf } from "./plan.ts";
export { forgetProgress, keepProgress, resumeWalk } from "./progress.ts";
export { stepsFor } from "./steps/index.ts";
export { walkAll } from "./walk-all.ts";
export { answer, back, backTo, beginWalk, problemWith, suggestion, whereIs, type Walk } from "./walk.ts";
