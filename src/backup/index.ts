export { createBackup, type CreateBackupOptions, type CreatedBackup } from "./create.ts";
export { holdUnfinished, listHeld, releaseHeld, type HeldWork } from "./hold.ts";
export type { BackupInfo, BackupKind, BackupManifest, ManifestFile } from "./manifest.ts";
export { isEncryptedFile, readBackup, readInfo, type VerifiedBackup } from "./read.ts";
export { restoreBackup, type RestoredBackup, type RestoreOptions } from "./restore.ts";
export {
  freshRecord,
  readPassphraseFile,
  runScheduledBackup,
  type ScheduledRun,
  type ScheduleSettings,
} from "./scheduled.ts";
export { writeTar, type TarEntry } from "./tar-write.ts";
