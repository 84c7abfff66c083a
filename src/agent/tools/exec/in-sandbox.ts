import { createHash } from "node:crypto";
import { join } from "node:path";
import { buildChildEnv } from "../../../guard/index.ts";
import {
  analyseCommand,
  decideExec,
  isAllowlisted,
  stricter,
  type ExecSettings,
} from "../../../sandbox/index.ts";
import { insideWorkspace } from "../../../sandbox/box/index.ts";
import { searchPath } from "../../../guard/index.ts";
import type { ToolContext, ToolOutput } from "../../contract.ts";
import type { RunSandbox } from "../../run-sandbox.ts";
import type { ApprovalGate, GateQuestion } from "../../tool-kit/approval-gate.ts";
import { errorOutput } from "../../tool-kit/define-tool.ts";
import type { ToolServices } from "../services.ts";
import type { ExecBackend, ExecInput } from "./contract.ts";
import { carryOut } from "./on-gateway.ts";

type ExecServices = Pick<ToolServices, "rootFor" | "denied" | "clock"> & {
  exec: NonNullable<ToolServices["exec"]>;
};

interface Admitted {
  settings: ExecSettings;
  cwd: string;
  env: Record<string, string>;
  allowlisted: boolean;
  digest: string;
}
type Evaluation = { verdict: "deny"; message: string } | ({ verdict: "allow" | "ask" } & Admitted);

/**
 * Commands in the run's sandbox. In a sealed one (private or read-only files, no network) nobody is asked unless every
 * command is to be asked about; elsewhere the same rules hold as on the machine, but "always" is not remembered: a
 * permission for inside says nothing about outside (ADR 0013).
 */
export function inSandbox(services: ExecServices, gate: ApprovalGate, sandbox: RunSandbox): ExecBackend {
  const evaluate = (call: ExecInput, context: ToolContext) =>
    evaluateInside(services, { call, context, sandbox });
  const ask = (context: ToolContext, call: ExecInput, found: Admitted) =>
    gate.ask(context, questionFor(call, found, sandbox));
  return {
    async authorize(call, context) {
      const found = await evaluate(call, context);
      if (found.verdict === "deny") return errorOutput(found.message);
      if (found.verdict === "allow") return null;
      const answer = await ask(context, call, found);
      return answer.allowed ? null : errorOutput(answer.message);
    },
    async run(call, context) {
      const answer = gate.take(context);
      const found = await evaluate(call, context);
      if (found.verdict === "deny") return errorOutput(found.message);
      if (found.verdict === "ask") {
        const refusal = await gate.use(answer ?? (await ask(context, call, found)), found.digest);
        if (refusal !== null) return errorOutput(refusal);
      }
      const { command, pty = false } = call;
      const launched = {
        verdict: found.verdict,
        settings: found.settings,
        launch: { file: "/bin/sh", args: ["-c", command], argv0: "/bin/sh" },
        cwd: found.cwd,
        env: found.env,
        given: [],
      };
      const output = await carryOut(services, {
        call,
        context,
        found: launched,
        start: ({ stdin, keepInputOpen, env }, limits) =>
          sandbox.box.start(
            {
              command,
              cwd: found.cwd,
              env,
              pty,
              ...(typeof stdin === "string" ? { stdin } : {}),
              ...(keepInputOpen === undefined ? {} : { keepInputOpen }),
            },
            limits,
          ),
      });
      return output.isError ? withRemedy(output) : output;
    },
  };
}

/** What backends print when they could not start the command at all. */
const builderSays =
  /^(?:bwrap: |Error response from daemon: |Error: (?:can only create exec|no container with))/;

function withRemedy(output: ToolOutput): ToolOutput {
  const first = output.content[0];
  if (first?.type !== "text" || !builderSays.test(first.text)) return output;
  const text =
    "The sandbox could not be built, so the command did not run. The operator sees why with: openclaw doctor";
  return { ...output, content: [...output.content, { type: "text", text }] };
}

async function evaluateInside(
  services: ExecServices,
  job: { call: ExecInput; context: ToolContext; sandbox: RunSandbox },
): Promise<Evaluation> {
  const { exec } = services;
  const { call, context, sandbox } = job;
  const rules = await exec.allowlist.rules(context.agentId);
  const settings = stricter(exec.settings(context.agentId, context.sessionKey), rules);
  if (settings.security === "deny")
    return {
      verdict: "deny",
      message: "Commands are switched off for this agent (tools.exec.security is deny).",
    };
  const root = await sandbox.box.root();
  const outside = await root.directory(call.cwd ?? ".");
  const cwd = join(insideWorkspace, root.display(call.cwd ?? "."));
  const own = buildChildEnv({ source: {}, allowNames: settings.passEnv, values: call.env ?? {} });
  const env = { ...own, ...sandbox.box.env() };
  for (const name of Object.keys(call.env ?? {})) env[name] = own[name] ?? "";
  const always = settings.requireApproval || settings.ask === "always";
  // Without variables and input: an entry of the allowlist says nothing about them.
  const plain = Object.keys(call.env ?? {}).length === 0 && call.stdin === undefined;
  const analysis = await analyseCommand(call.command, { folders: searchPath(), writable: [root.root] });
  const allowlisted =
    plain &&
    (await isAllowlisted(analysis, {
      entries: rules.entries,
      cwd: outside.path,
      safeBins: settings.safeBins,
    }));
  const verdict = sandbox.box.sealed && !always ? "allow" : decideExec(settings, allowlisted);
  if (verdict === "deny")
    return {
      verdict,
      message:
        "This command is not on the allowlist, this sandbox is not sealed, and nobody may be asked (tools.exec.ask is off); it was not run.",
    };
  const digest = createHash("sha256")
    .update(
      JSON.stringify([
        "exec-sandbox-1",
        [context.principal.id, context.agentId, context.sessionKey],
        sandbox.box.summary,
        [call.command, cwd, outside.identity],
        Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1)),
        [call.stdin ?? null, call.pty ?? false],
      ]),
    )
    .digest("hex");
  return { verdict, settings, cwd, env, allowlisted, digest };
}

function questionFor(call: ExecInput, found: Admitted, sandbox: RunSandbox): GateQuestion {
  return {
    toolName: "exec",
    planDigest: found.digest,
    command: call.command,
    cwd: found.cwd,
    host: "sandbox",
    resolvedPath: null,
    settings: found.settings,
    allowlisted: found.allowlisted,
    input: {
      digest: found.digest,
      sandbox: sandbox.box.summary,
      commands: [],
      onceOnly: "it runs in a sandbox",
      env: call.env ?? {},
      stdin: call.stdin ?? null,
      pty: call.pty ?? false,
      chars: call.command.length,
    },
  };
}
