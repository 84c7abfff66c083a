export { createBackup } from "./create.ts";
export { listHeld, releaseHeld } from "./hold.ts";
export type { BackupInfo, BackupKind } from "./manifest.ts";
export { isEncryptedFile, readBackup, readInfo } from "./read.ts";
export { restoreBackup, type RestoredBackup, type RestoreOptions } from "./restore.ts";
export { freshRecord, readPassphraseFile, runScheduledBackup, type ScheduleSettings } from "./scheduled.ts";
export { writeTar, type TarEntry } from "./tar-write.ts";
