import type { Check } from "../contract.ts";
import { gatewayRules } from "./audit-gateway.ts";
import { liveBind, liveProbe } from "./audit-live.ts";
import { policyRules } from "./audit-policy.ts";
import { browserProgram, browserReach } from "./browser.ts";
import { configInvalid } from "./config-invalid.ts";
import { configLegacy } from "./config-legacy.ts";
import { configUnknown, configWarnings } from "./config-unknown.ts";
import { defaultAgent } from "./default-agent.ts";
import { logSize } from "./environment.ts";
import { sandboxBackend } from "./sandbox-backend.ts";
import { gatewayMode, gatewayToken } from "./gateway-settings.ts";
import { ledger } from "./ledger.ts";
import { leftovers } from "./leftovers.ts";
import { channelsFail, gatewayAnswers, gatewayVersion } from "./live.ts";
import { loginNames } from "./login-names.ts";
import { expiredLogins, loginFiles, modelLogins, plainLogins } from "./logins.ts";
import { diskSpace, memory, otherStateDirs, port, runtime } from "./machine.ts";
import { olderLayout } from "./older-layout.ts";
import { restoreLeftovers } from "./restore-leftovers.ts";
import { otherServices, serviceDown, serviceDrift, serviceLinger, wsl } from "./service.ts";
import { directoryModes, secretModes } from "./modes.ts";
import { mainStands, sessionStore, transcriptsMissing } from "./sessions.ts";
import { stateDir } from "./state-dir.ts";
import { backupSchedule, sentinelTimer } from "./timers.ts";
import { transcripts } from "./transcripts.ts";
import { updateAvailable } from "./update-available.ts";
import { workspaceFiles, workspaceTip } from "./workspace.ts";

/**
 * Every check, in the order in which repairs are planned (CONF-84). The fault table docs/reference/checks.md is made
 * from this list, and a test injects the fault of each.
 */
export const checks: readonly Check[] = [
  updateAvailable,
  configInvalid,
  configLegacy,
  configUnknown,
  configWarnings,
  gatewayMode,
  gatewayToken,
  stateDir,
  directoryModes,
  secretModes,
  leftovers,
  restoreLeftovers,
  olderLayout,
  defaultAgent,
  transcripts,
  sessionStore,
  ledger,
  transcriptsMissing,
  mainStands,
  modelLogins,
  expiredLogins,
  loginFiles,
  loginNames,
  plainLogins,
  workspaceFiles,
  workspaceTip,
  otherStateDirs,
  diskSpace,
  logSize,
  memory,
  runtime,
  sandboxBackend,
  browserProgram,
  port,
  serviceDrift,
  serviceDown,
  serviceLinger,
  wsl,
  otherServices,
  sentinelTimer,
  backupSchedule,
  gatewayAnswers,
  gatewayVersion,
  channelsFail,
  ...gatewayRules,
  ...policyRules,
  browserReach,
  liveBind,
  liveProbe,
];
