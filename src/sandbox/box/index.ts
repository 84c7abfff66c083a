export {
  insideWorkspace,
  type SandboxBackendName,
  type SandboxMode,
  type SandboxRow,
  type SandboxSettings,
  type SandboxSubject,
  type ToolSandbox,
} from "./contract.ts";
export { createSandboxes, summaryOf, type Sandboxes } from "./boxes.ts";
export { checkImage } from "./container-args.ts";
export { containerEngine } from "./container.ts";
export { decideSandbox, type SandboxDecision } from "./decide.ts";
export { boxId, listBoxes } from "./folders.ts";
export { configuredSandbox } from "./settings.ts";
