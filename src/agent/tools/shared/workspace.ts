import { openRootFs, type RootFs } from "../../../guard/index.ts";
import type { ToolContext } from "../../contract.ts";
import type { ToolServices } from "../services.ts";

/** The files this call may reach. */
export function workspaceOf(services: Pick<ToolServices, "rootFor">, context: ToolContext): Promise<RootFs> {
  return services.rootFor ? services.rootFor(context) : openRootFs(context.workspaceDir);
}
