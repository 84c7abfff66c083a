export {
  insideWorkspace,
  type SandboxBackendName,
  type SandboxMode,
  type SandboxRow,
  type SandboxScope,
  type SandboxSettings,
  type SandboxSubject,
  type ToolSandbox,
  type WorkspaceAccess,
} from "./contract.ts";
export { createSandboxes, stateIdOf, summaryOf, type Sandboxes, type SandboxesOptions } from "./boxes.ts";
export { checkImage } from "./container-args.ts";
export { containerEngine, type Engine } from "./container.ts";
export { decideSandbox, type SandboxDecision, type SandboxQuestion } from "./decide.ts";
export { boxId, listBoxes } from "./folders.ts";
export { configuredSandbox } from "./settings.ts";
