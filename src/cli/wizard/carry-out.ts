import { codeOf, messageOf } from "../../core/errors.ts";
import type { Language } from "../../core/language.ts";
import type { OnboardingDesk } from "../../app/onboarding.ts";
import type { Plan } from "../../onboarding/index.ts";
import type { CommandContext, Output } from "../contract.ts";
import { runCommand } from "../run-command.ts";
import { terminalWords, type TerminalWords } from "./words.ts";

/** Does what was planned and tells it. `strict`: a service that cannot be installed is a failure. */
export async function carryOut(
  context: CommandContext,
  how: {
    desk: OnboardingDesk;
    plan: Plan;
    notes: string[];
    json: boolean;
    strict: boolean;
    /** English for scripts, which read what is printed. */
    language?: Language;
  },
): Promise<number> {
  const { out, paths } = context;
  const { desk, plan, json } = how;
  const said = terminalWords(how.language ?? "en").done;
  const done = await desk.apply(plan, "onboard");
  const { config } = (await context.openConfig()).read();
  const remote = config.gateway.mode === "remote";
  const service = plan.service ? await installService(context, json) : { is: "none" as const };
  if (json) {
    out.json({
      ok: service.is !== "failed",
      profile: paths.profile,
      stateDir: paths.stateDir,
      configPath: paths.configPath,
      changed: done.changed,
      mode: config.gateway.mode,
      port: config.gateway.port,
      workspace: done.workspace,
      created: done.created,
      stored: done.stored,
      service,
      notes: how.notes,
      after: plan.after,
    });
    return service.is === "failed" ? 1 : 0;
  }
  out.pairs([
    [said.profile, paths.profile],
    [said.config, done.changed ? paths.configPath : said.unchanged(paths.configPath)],
    ...(done.workspace === null
      ? []
      : [
          [
            said.workspace,
            done.created.length > 0 ? said.made(done.workspace, done.created.join(", ")) : done.workspace,
          ] satisfies [string, string],
        ]),
    ...(done.stored.length > 0 ? [[said.stored, done.stored.join(", ")] satisfies [string, string]] : []),
  ]);
  for (const note of how.notes) out.note(note);
  if (service.is === "failed") {
    out.note(said.serviceFailed(service.why));
    out.note(service.hint ?? said.foreground);
  }
  if (plan.hello !== null) await sayHello(context, plan.hello, said);
  out.line();
  const openclaw = paths.profile === "default" ? "openclaw" : `openclaw --profile ${paths.profile}`;
  for (const command of plan.after) out.line(said.login(command));
  if (remote) out.line(said.tryIt(`${openclaw} status`));
  else {
    if ((await context.runningGateway()) === null) out.line(said.start(`${openclaw} gateway`));
    out.line(said.page(`${openclaw} dashboard`));
  }
  return service.is === "failed" && how.strict ? 1 : 0;
}

async function installService(
  context: CommandContext,
  quiet: boolean,
): Promise<{ is: "installed" } | { is: "failed"; why: string; hint?: string }> {
  const install = (options: Record<string, unknown>) =>
    runCommand(
      { ...context, ...(quiet ? { out: silentOutput(context.out) } : {}) },
      ["gateway", "install"],
      options,
    );
  try {
    // One that is as it should be goes on running; only a different one is written anew.
    await install({}).catch((error: unknown) => {
      if (codeOf(error) !== "SERVICE_EXISTS") throw error;
      return install({ force: true });
    });
    return { is: "installed" };
  } catch (error) {
    const hint =
      error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
    return { is: "failed", why: messageOf(error), ...(hint === undefined ? {} : { hint }) };
  }
}

function silentOutput(out: Output): Output {
  const nothing = () => undefined;
  return {
    ...out,
    line: nothing,
    write: nothing,
    progress: nothing,
    json: nothing,
    table: nothing,
    pairs: nothing,
    note: nothing,
  };
}

/** Through the gateway when one runs, else in this process. That it fails spoils nothing that was set up. */
async function sayHello(
  context: CommandContext,
  message: string,
  said: TerminalWords["done"],
): Promise<void> {
  const { out } = context;
  out.line();
  out.line(out.style.dim(`> ${message}`));
  const running = await context.runningGateway();
  try {
    await runCommand(context, ["agent"], { message, ...(running === null ? { local: true } : {}) });
  } catch (error) {
    out.note(said.noAnswer(messageOf(error)));
    out.note(said.again(`openclaw agent --message "${said.hello}"`));
  }
}
