export type { Receipt } from "./contract.ts";
export { applyMigration } from "./apply.ts";
export { makePlan } from "./plan.ts";
export { findReceipt } from "./receipts.ts";
export { undoMigration } from "./undo.ts";
export { openLogins } from "../models/index.ts";
