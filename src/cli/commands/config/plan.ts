import { readFileSync } from "node:fs";
import { reloadPlan, type ReloadPlan, type ReloadStep } from "../../../config/reload/index.ts";
import type { ConfigStore } from "../../../config/index.ts";
import { messageOf, UserError } from "../../../core/errors.ts";
import { readTextIfExists } from "../../../state/index.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { flag } from "../../options.ts";
import { setting } from "../../target.ts";

/** What a file would mean for the running gateway, key by key (RLD-002…007). Changes nothing. */
export const run: CommandBody = async (context, [file], options) => {
  const { out, openConfig } = context;
  const store = await openConfig();
  const snapshot = store.read();
  const from =
    file === undefined ? inForce(context, store, snapshot.hash) : { hash: snapshot.hash, raw: snapshot.raw };
  const after = judged(store, file === undefined ? snapshot.raw : textOf(file), file ?? store.path);
  const before = judged(store, from.raw, `revision ${from.hash.slice(0, 12) || "(none)"}`);
  const plan = reloadPlan({
    before: before.file,
    after: after.file,
    overrides: store.overrides(),
    effective: { before: before.effective, after: after.effective },
  });
  if (flag(options, "json")) return out.json({ from: from.hash, ...plan });
  if (plan.steps.length === 0) return out.line("No key changes: the gateway goes on as it is.");
  out.table(
    plan.steps.map((step) => ({
      Key: step.path,
      Before: shown(step.before),
      After: shown(step.after),
      Effect: effect(step, plan),
    })),
  );
  out.line();
  out.line(summary(plan));
};

/** The revision the gateway works with by its last word, else the version before the current one. */
function inForce({ paths }: CommandContext, store: ConfigStore, current: string) {
  const page = readTextIfExists(paths.statusPath);
  const hash = page === null ? null : hashIn(page);
  const known = store.history(1000);
  const found =
    known.find((revision) => revision.hash === hash) ??
    known.find((revision) => revision.hash !== current) ??
    known[0];
  if (!found) return { hash: "", raw: null };
  return { hash: found.hash, raw: store.revision(found.hash).raw };
}

function hashIn(page: string): string | null {
  try {
    const hash = setting(JSON.parse(page), "status.config.hash");
    return typeof hash === "string" && hash ? hash : null;
  } catch {
    return null; // a torn page counts as none
  }
}

function judged(store: ConfigStore, raw: string | null, name: string) {
  const { file, effective, issues } = store.judge(raw);
  if (file && effective) return { file, effective };
  const list = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; ");
  throw new UserError("CONFIG_INVALID", `Config validation failed: ${list} (${name})`, {
    hint: "openclaw config validate",
    details: { issues },
  });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError("CONFIG_FILE_UNREADABLE", `${file} cannot be read: ${messageOf(error)}`, {
      hint: "give the path of a config file: openclaw config plan FILE",
    });
  }
}

function shown(value: unknown): string {
  if (value === undefined) return "-";
  const text = JSON.stringify(value) ?? "-";
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

function effect(step: ReloadStep, plan: ReloadPlan): string {
  if (step.action === "shadowed") return `none: ${step.by} outranks the file`;
  if (!step.applies) return "waits for `openclaw gateway restart`";
  if (plan.restart) return "gateway restarts in its process";
  return step.action === "part" ? `${step.part} restarts` : "at once";
}

function summary(plan: ReloadPlan): string {
  const mode = `gateway.reload.mode=${plan.mode}`;
  if (plan.restart)
    return `The gateway restarts in its process (${mode}); running turns are drained and taken up again.`;
  const parts =
    plan.parts.length > 0 ? ` ${plan.parts.join(", ")} restart${plan.parts.length > 1 ? "" : "s"}.` : "";
  const waiting = plan.pending.length > 0 ? ` ${plan.pending.length} waiting for a restart by hand.` : "";
  return `No restart of the gateway (${mode}).${parts}${waiting}`;
}
