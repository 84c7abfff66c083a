export type { Paths } from "./paths.ts";
export { defaultGatewayPort, expandHome, resolvePaths } from "./resolve-paths.ts";
export {
  readTextIfExists,
  sweepTemporaryFiles,
  writeFileAtomic,
  writeFileAtomicAsync,
} from "./atomic-file.ts";
export { openJsonFile, type JsonFile } from "./json-file.ts";
export { mergeEnv, readDotenv, type Env } from "./dotenv.ts";
export { migrate, openDatabase, type Migration } from "./sqlite.ts";
export {
  acquireGatewayLock,
  readGatewayLock,
  type GatewayLock,
  type GatewayLockInfo,
} from "./gateway-lock.ts";
export { isProcessAlive, processStartTime } from "./process-start.ts";
export { makeDirectory } from "./make-directory.ts";
export { checkStateDir, prepareStateDir } from "./state-dir.ts";
export { storageError } from "./storage-error.ts";
export { ensureWorkspace } from "./workspace.ts";
export { holdExclusiveLock, withExclusiveLock } from "./exclusive-lock.ts";
export {
  clearBackupRecord,
  readBackupRecord,
  writeBackupRecord,
  type BackupRecord,
} from "./backup-record.ts";
export { workspaceFolders, workspaceTexts } from "./workspace-texts.ts";
export { clearRestoreHold, readRestoreHold, writeRestoreHold, type RestoreHold } from "./restore-hold.ts";
export { createLoginLeases, type LoginClaim, type LoginLease } from "./login-lease.ts";
