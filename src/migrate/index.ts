export type { FateCount, Item, ItemKind, Receipt, UndoResult } from "./contract.ts";
export { applyMigration } from "./apply.ts";
export { makePlan, type MigrateInput } from "./plan.ts";
export { findReceipt, listReceipts } from "./receipts.ts";
export { undoMigration } from "./undo.ts";
export { openLogins } from "../models/index.ts";
