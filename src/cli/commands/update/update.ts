import { existsSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "../../../core/clock.ts";
import { messageOf, UserError } from "../../../core/errors.ts";
import {
  checkVersion,
  compareVersions,
  openRegistry,
  openReport,
  registryAddress,
  rememberCheck,
  update,
  type Published,
  type Reporter,
  type Slots,
} from "../../../update/index.ts";
import { confirm } from "../../confirm.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { choice, flag, integer, text } from "../../options.ts";
import { nodeMismatch } from "../../node-upkeep.ts";
import { installation, installKind, type InstallKind } from "../../installation.ts";
import { packageRoot } from "../../package-info.ts";
import { controlOf, nodeOf, nodeService, sayNode, slotsHere, updateOptions } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const report = openReport(text(options, "report") ?? null, context.clock);
  try {
    await work(context, options, report);
  } catch (error) {
    report.end({ result: "failed", reason: messageOf(error) });
    throw error;
  }
};

async function work(
  context: CommandContext,
  options: Record<string, unknown>,
  report: Reporter,
): Promise<void> {
  const { out, clock, signal, env } = context;
  const slots = slotsHere(context);
  const kind = installKind();
  const dry = flag(options, "dryRun");
  const limits = updateOptions(context, options, { slots, control: null });
  const isUsed = kind === "slots" || flag(options, "slots");
  if (!isUsed && !dry) throw notSlots(kind, slots);
  const registry = openRegistry({
    env,
    clock,
    signal,
    cacheDir: join(slots.dir, "cache"),
    registry: registryAddress(env),
  });
  const tag = text(options, "tag") ?? (await channelOf(context, options));
  const published = await registry.look(/^[a-z][a-z0-9-]{0,40}$/.test(tag) ? tag : checkVersion(tag));
  remember(context, tag, published.version);
  const { current } = slots.state();
  const compared = current ?? (kind === "slots" ? context.version : null);
  const isSame = compared === published.version;
  if (compared !== null && compareVersions(published.version, compared) < 0 && !flag(options, "downgrade")) {
    throw new UserError(
      "UPDATE_DOWNGRADE",
      `${published.version} is older than ${compared}, which is installed`,
      { hint: `openclaw update --tag ${published.version} --downgrade` },
    );
  }
  const { control, note } = await controlOf(context, options, slots);
  if (isSame) report.end({ result: "current", reason: null, from: compared, to: published.version });
  if (isSame || dry) {
    const node = await nodeService(context, slots);
    const steps = isSame
      ? []
      : stepsOf({
          kind,
          isUsed,
          slots,
          published,
          control: control?.name ?? null,
          node: node?.name ?? null,
        });
    const result = isSame ? "current" : "planned";
    if (flag(options, "json"))
      return out.json({ ok: true, result, installed: kind, from: compared, to: published.version, steps });
    if (isSame) {
      out.line(`${published.version} is installed already.`);
      const mismatch = nodeMismatch(node?.live ?? null, published.version);
      if (mismatch) out.line(out.style.yellow(mismatch));
      return;
    }
    out.line(`Nothing was changed. From ${compared ?? context.version} to ${published.version}:`);
    for (const step of steps) out.line(`  ${step}`);
    return;
  }
  if (out.isTTY && context.stdin.isTTY)
    await confirm(context, {
      question: `Update ${compared ?? "these slots"} to ${published.version}?`,
      yes: flag(options, "yes"),
    });
  const onStep = (step: string) => {
    out.progress(step);
    report.step(step);
  };
  const delayMs = integer(options, "switchDelay", { min: 0, max: 60_000, default: 0 });
  const beforeSwitch = async (about: { from: string | null; to: string }) => {
    report.switching({ ...about, restarts: control?.name ?? null });
    if (control !== null) await sleep(clock, delayMs, signal);
  };
  const steps = { onStep, beforeSwitch };
  const done = await update({ ...limits, ...steps, control, registry, published }).finally(() =>
    out.progress(null),
  );
  report.end({ result: "updated", reason: note, from: done.from, to: done.to });
  const node = await nodeOf(context, options, slots, done.to);
  if (flag(options, "json")) return out.json({ ok: true, ...done, note, node });
  out.line(out.style.green(`openclaw ${done.to} is current${control ? " and running" : ""}.`));
  if (note) out.line(note);
  sayNode(context, node);
  if (kind !== "slots") {
    out.line(`Put ${join(slots.dir, "bin")} first in PATH, and move the service there:`);
    out.line(`  ${join(slots.dir, "bin", "openclaw")} gateway install --force`);
  } else if (done.from) out.line(`${done.from} is kept: openclaw update rollback, or openclaw update commit`);
}

/** The registry's tag for a channel: that of the command line, else of the configuration. */
async function channelOf(context: CommandContext, options: Record<string, unknown>): Promise<string> {
  const channel =
    choice(options, "channel", ["stable", "beta", "dev"] as const) ??
    (await context.openConfig()).read().config.update.channel;
  return channel === "stable" ? "latest" : channel;
}

/** For `status` and `doctor`, which never ask the registry themselves. */
function remember({ paths, clock, out }: CommandContext, channel: string, latest: string): void {
  if ((channel !== "latest" && channel !== "beta") || !existsSync(paths.stateDir)) return;
  try {
    rememberCheck(paths.stateDir, { latest, channel, at: clock.now() });
  } catch (error) {
    out.note(`the answer of the registry could not be kept for \`openclaw status\`: ${messageOf(error)}`);
  }
}

function notSlots(kind: InstallKind, slots: Slots): UserError {
  const own = installation().byHand;
  return new UserError(
    "UPDATE_NOT_SLOTS",
    `this copy is ${kind === "checkout" ? "a checkout" : "installed by npm"} (${packageRoot()}); it is not changed from here`,
    {
      hint: `${own}   (or, for updates with a way back, versions in ${slots.dir}: openclaw update --slots)`,
    },
  );
}

function stepsOf(plan: {
  kind: InstallKind;
  isUsed: boolean;
  slots: Slots;
  published: Published;
  control: string | null;
  node: string | null;
}): string[] {
  const { kind, isUsed, slots, published, control } = plan;
  const { version } = published;
  if (!isUsed) {
    if (kind === "checkout")
      return [`git -C ${packageRoot()} pull`, `npm --prefix ${packageRoot()} run build`];
    return [`npm i -g openclaw@${version}`];
  }
  return [
    `fetch openclaw ${version} and compare it with ${published.integrity.slice(0, 20)}…`,
    `put it into ${slots.versionDir(version)}`,
    "ask it for --version and --help; start it on a copy of the state, without channels",
    "copy the ledger",
    `point ${join(slots.dir, "current")} to it`,
    ...(control ? [`restart ${control}, watch it, and go back when it fails`] : []),
    ...(plan.node ? [`restart ${plan.node}`] : []),
  ];
}
