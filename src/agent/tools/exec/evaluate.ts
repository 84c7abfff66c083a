import { buildChildEnv, searchPath } from "../../../guard/index.ts";
import {
  analyseCommand,
  decideExec,
  isAllowlisted,
  launchOf,
  makePlan,
  stricter,
  type CommandAnalysis,
  type ExecLaunch,
  type ExecSettings,
} from "../../../sandbox/index.ts";
import type { ToolContext } from "../../contract.ts";
import { variablesFor, type GivenVariable } from "../../skill-env.ts";
import type { ToolServices } from "../services.ts";
import { workspaceOf } from "../../tool-kit/workspace.ts";

export interface ExecCall {
  command: string;
  cwd?: string | undefined;
  env?: Record<string, string> | undefined;
  stdin?: string | undefined;
  pty?: boolean | undefined;
}

export interface Admitted {
  settings: ExecSettings;
  analysis: CommandAnalysis;
  launch: ExecLaunch;
  /** Real path of the folder. */
  cwd: string;
  env: Record<string, string>;
  /** Variables of skills among them. */
  given: readonly GivenVariable[];
  allowlisted: boolean;
}
export type Evaluation =
  | { verdict: "deny"; message: string }
  | ({ verdict: "allow" } & Admitted)
  /** `digest`: what an approval has to name. */
  | ({ verdict: "ask"; digest: string } & Admitted);

type ExecServices = Pick<ToolServices, "rootFor" | "denied"> & { exec: NonNullable<ToolServices["exec"]> };

/** Decides about one command as things are now: configuration, allowlist, files, folder, environment. */
export async function evaluate(
  services: ExecServices,
  call: ExecCall,
  context: ToolContext,
): Promise<Evaluation> {
  const { exec } = services;
  const configured = exec.settings(context.agentId, context.sessionKey);
  const rules = await exec.allowlist.rules(context.agentId);
  const settings = stricter(configured, rules);
  if (settings.security === "deny") {
    return {
      verdict: "deny",
      message: "Commands are switched off for this agent (tools.exec.security is deny).",
    };
  }
  const root = await workspaceOf(services, context);
  const cwd = await root.directory(call.cwd ?? ".");
  const paths = { pathPrepend: settings.pathPrepend, pathAppend: exec.pathAppend ?? [] };
  const plainEnv = buildChildEnv({
    source: exec.environment,
    ...paths,
    allowNames: settings.passEnv,
    values: call.env ?? {},
  });
  const analysis = await analyseCommand(call.command, {
    folders: searchPath(paths.pathPrepend, paths.pathAppend),
    writable: [root.root],
  });
  const argvs = analysis.commands.length > 0 ? analysis.commands.map(({ argv }) => argv) : null;
  const given = variablesFor(
    { text: call.command, argvs, cwd: cwd.path },
    (await exec.variables?.(context)) ?? [],
  );
  const env = { ...Object.fromEntries(given.map(({ name, value }) => [name, value.reveal()])), ...plainEnv };
  const allowlisted = await isAllowlisted(analysis, {
    entries: rules.entries,
    cwd: cwd.path,
    safeBins: settings.safeBins,
  });
  // Variables change what a program does: an entry of the allowlist says nothing about them. Nor about its input.
  // What the operator gave a skill for this very program is another matter than a variable the command names: it may go
  // anywhere then.
  const plain =
    Object.keys(call.env ?? {}).length === 0 &&
    call.stdin === undefined &&
    given.every(({ name }) => !call.command.includes(name));
  const verdict = decideExec(settings, allowlisted && plain);
  if (verdict === "deny") {
    return {
      verdict,
      message:
        "This command is not on the allowlist, and nobody may be asked (tools.exec.ask is off); it was not run.",
    };
  }
  const common = { settings, analysis, cwd: cwd.path, env, given, allowlisted: allowlisted && plain };
  // Only an approval needs the plan: hashing a large program takes a while.
  if (verdict === "allow") return { verdict, launch: launchOf(analysis), ...common };
  const { digest, ...launch } = await makePlan({
    analysis,
    cwd,
    env,
    stdin: call.stdin ?? null,
    pty: call.pty ?? false,
    host: "gateway",
    requester: {
      principalId: context.principal.id,
      agentId: context.agentId,
      sessionKey: context.sessionKey,
    },
  });
  return { verdict, digest, launch, ...common };
}
