import { UserError } from "../../../core/errors.ts";
import type { ServiceHost } from "../../../service/index.ts";
import type { CommandContext } from "../../contract.ts";
import { flag } from "../../options.ts";
import { openDesk } from "../../service-desk.ts";
import { printSteps } from "../../service-steps.ts";
import { liveStatus } from "../../node-status-file.ts";

export type NodeAction = "start" | "stop" | "restart" | "uninstall";

/** `node start|stop|restart|uninstall`, through the supervisor. @throws UserError SERVICE_NOT_INSTALLED but for uninstall */
export async function controlNode(
  context: CommandContext,
  call: { action: NodeAction; options: Record<string, unknown>; host?: ServiceHost },
): Promise<number> {
  const { action, options } = call;
  const { out } = context;
  const { supervisor, system, paths } = await openDesk(context, options, { role: "node", host: call.host });
  const { installed, runtime } = await supervisor.inspect();
  if (!installed && action !== "uninstall") {
    const live = liveStatus(paths.stateDir);
    throw new UserError("SERVICE_NOT_INSTALLED", `Service not installed (${supervisor.definitionPath})`, {
      hint: `openclaw node install${system ? " --system" : ""}${live ? `   (a node host runs in the foreground now, pid ${live.pid})` : ""}`,
    });
  }
  const { kind, name, definitionPath, notes, steps } = await supervisor[action]();
  const words = {
    start: runtime === "running" ? "Service is already running" : "Service started",
    stop: runtime === "stopped" ? "Service is already stopped" : "Service stopped",
    restart: "Service restarted",
    uninstall: installed ? "Service uninstalled" : "Service not installed",
  }[action];
  const dry = flag(options, "dryRun");
  if (flag(options, "json")) {
    const result = dry ? "planned" : words;
    out.json({ ok: true, action, result, kind, name, path: definitionPath, notes, ...(dry && { steps }) });
    return 0;
  }
  if (dry) printSteps(out, steps);
  else out.line(out.style.green(words));
  for (const note of notes) out.note(note);
  return 0;
}
