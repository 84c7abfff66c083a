// Every dangerous primitive in its one safe form (threats.md, section 3).
export { buildChildEnv, searchPath, systemPath, type ChildEnvOptions } from "./child-env.ts";
export { createGuardedFetch, type DialLimits, type GuardedFetch, type GuardedFetchOptions } from "./dial.ts";
export { createGuardedConnect, type GuardedConnect, type GuardedConnectOptions } from "./connect.ts";
export { isPublicAddress } from "./special-address.ts";
export { findBinary } from "./find-binary.ts";
export { isInside } from "./path-name.ts";
export { startPty } from "./pty.ts";
export { openRootFs, type DirectoryIdentity, type EntryKind, type FileInfo, type RootFs } from "./root-fs.ts";
export {
  runProcess,
  startProcess,
  type ProcessEnd,
  type ProcessLimits,
  type ProcessSpec,
  type RunningProcess,
} from "./run-process.ts";
export { startDetached } from "./start-detached.ts";
export { constantTimeEqual } from "./equal.ts";
export { createLimiter, type Charge, type Limiter, type LimiterOptions } from "./limiter.ts";
export { parseJson, readBody, type ReadBodyOptions } from "./read-body.ts";
export { describePortOwner, portOwners } from "./port-owner.ts";
