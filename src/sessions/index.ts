export type * from "./contract.ts";
export { openStorage, type Storage } from "./storage.ts";
export { openSessionsReadOnly } from "./read-only.ts";
export { archivedPath, openImportDesk } from "./import-desk.ts";
export { toStoreEntry } from "./store-export.ts";
