export type * from "./contract.ts";
export { openStorage, type Storage } from "./storage.ts";
export { openSessionsReadOnly } from "./read-only.ts";
export type { SessionReader } from "./store.ts";
export { archivedPath, openImportDesk, type ImportDesk } from "./import-desk.ts";
export { toStoreEntry } from "./store-export.ts";
