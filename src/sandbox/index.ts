export type { ApprovalDecision, ApprovalRecord, ApprovalRequest, ApprovalService } from "./contract.ts";
export { createApprovalAnnouncer, type ApprovalAnnouncer, type ApprovalPlaces } from "./chat/index.ts";
export { meansApproval, shortApprovalId } from "./approval-id.ts";
export { createApprovalService } from "./approvals.ts";
export {
  createExecApprovalsFile,
  type ExecApprovalsDocument,
  type ExecApprovalsFile,
  type ExecApprovalsSnapshot,
  type ExecRules,
} from "./approvals-file.ts";
export { entriesFor, isAllowlisted, type AllowlistEntry } from "./allowlist.ts";
export { analyseCommand, type CommandAnalysis } from "./analyse.ts";
export { launchOf, makePlan, type ExecLaunch, type ExecPlan } from "./plan.ts";
export {
  configuredExec,
  decideExec,
  defaultExecSettings,
  stricter,
  type ExecSettings,
  type ExecVerdict,
} from "./settings.ts";
export { maxCommandChars, parseCommand, quoteWord, visibleText } from "./shell-grammar.ts";
