import { openRootFs, type RootFs } from "../../guard/index.ts";
import type { ToolContext } from "../contract.ts";
import type { ToolServices } from "../tools/services.ts";

/** What reaching files needs of the services. */
export type WorkspaceServices = Pick<ToolServices, "rootFor" | "denied">;

/** The files this call may reach: the sandbox's, else the workspace and in it nothing of what is denied. */
export function workspaceOf(services: WorkspaceServices, context: ToolContext): Promise<RootFs> {
  if (context.sandbox) return context.sandbox.box.root();
  return services.rootFor
    ? services.rootFor(context)
    : openRootFs(context.workspaceDir, { denied: services.denied ?? [] });
}
