import type { AppFacade } from "./contract.ts";

/** What the command line asks of the product. Each part is loaded when it is called, so that a listing loads no engine. */
export const runGateway: AppFacade["runGateway"] = async (options) =>
  (await import("./gateway.ts")).runGateway(options);
export const runLocalTurn: AppFacade["runLocalTurn"] = async (options) =>
  (await import("./local-turn.ts")).runLocalTurn(options);
export const openLocalState: AppFacade["openLocalState"] = async (options) =>
  (await import("./local-state.ts")).openLocalState(options);
export const openPairing: AppFacade["openPairing"] = async (options) =>
  (await import("./local-pairing.ts")).openPairing(options);
export const openSkills: AppFacade["openSkills"] = async (options) =>
  (await import("./local-skills.ts")).openSkills(options);
export const openSandboxes: AppFacade["openSandboxes"] = async (options) =>
  (await import("./local-sandboxes.ts")).openLocalSandboxes(options);
export const listChannels: AppFacade["listChannels"] = async (options) =>
  (await import("./local-channels.ts")).listChannels(options);
export const loginChannel: AppFacade["loginChannel"] = async (options) =>
  (await import("./local-channels.ts")).loginChannel(options);
export const logoutChannel: AppFacade["logoutChannel"] = async (options) =>
  (await import("./local-channels.ts")).logoutChannel(options);

export type { AppFacade, GatewayRunOptions, LocalState, LocalTurnOptions } from "./contract.ts";
