// Updates: versions beside each other, one pointer, and nothing that cannot be taken back.
export type * from "./contract.ts";
export { lastCheck, newerThan, rememberCheck } from "./last-check.ts";
export { openRegistry, type Published } from "./npm.ts";
export { registryAddress } from "./registry-address.ts";
export { openReport, readReport, type Reporter, type UpdateReport } from "./report.ts";
export { isWorker, openSlots, type Slots } from "./slots.ts";
export { commit, rollback, settle, update, type UpdateOptions } from "./update.ts";
export { checkVersion, compareVersions } from "./versions.ts";
