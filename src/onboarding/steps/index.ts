import type { Facts, Step } from "../contract.ts";
import { channelSteps } from "./channels.ts";
import { finishSteps } from "./finish.ts";
import { gatewaySteps } from "./gateway.ts";
import { modelSteps } from "./model.ts";
import { startSteps } from "./start.ts";
import { workspaceSteps } from "./workspace.ts";

/** Every step, in order. Channels bring questions of their own. */
export function stepsFor(facts: Facts): Step[] {
  return [
    ...startSteps(facts),
    ...modelSteps(facts),
    ...gatewaySteps(facts),
    ...channelSteps(facts),
    ...workspaceSteps(facts),
    ...finishSteps(facts),
  ];
}
