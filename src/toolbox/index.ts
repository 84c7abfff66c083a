// Programs that skills need: what a skill file may ask for, what would be done, and doing it.
export { install, toolboxBin, type InstallOptions, type InstallResult } from "./install.ts";
export { planInstall, type InstallHost } from "./plan.ts";
export { installWays, type InstallWay } from "./way.ts";
