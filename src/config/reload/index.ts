export {
  applyPlan,
  hotChannelKeys,
  reloadPlan,
  type ReloadMode,
  type ReloadPlan,
  type ReloadStep,
} from "./plan.ts";
export { watchConfigFile } from "./watch.ts";
