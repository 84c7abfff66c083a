// Every dangerous primitive in its one safe form (threats.md, section 3).
export { buildChildEnv, searchPath, systemPath } from "./child-env.ts";
export { createGuardedFetch, type DialLimits, type GuardedFetch } from "./dial.ts";
export { createGuardedConnect } from "./connect.ts";
export { findBinary } from "./find-binary.ts";
export { isInside } from "./path-name.ts";
export { startPty } from "./pty.ts";
export { openRootFs, type EntryKind, type RootFs } from "./root-fs.ts";
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
export { createLimiter, type Charge, type Limiter } from "./limiter.ts";
export { parseJson, readBody } from "./read-body.ts";
export { describePortOwner, portOwners } from "./port-owner.ts";
