import type { AuthStatus } from "../../../app/models.ts";
import type { CommandBody, Output } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { openDesk } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const desk = await openDesk(context);
  const agentId = text(options, "agent");
  const probe = flag(options, "probe");
  const [rows, current] = [
    await desk.status({ probe, signal: context.signal, ...(agentId !== undefined && { agentId }) }),
    await desk.current(agentId),
  ];
  const valid = rows.every((row) => row.state === "valid");
  const exitCode = flag(options, "check") && !valid ? 1 : 0;
  if (flag(options, "json")) {
    out.json({ ok: valid, primary: current.ref, probed: probe, profiles: rows });
    return exitCode;
  }
  out.pairs([["Model", current.ref]]);
  out.table(
    rows.map((row) => ({
      profile: row.profileId,
      state: paint(out, row.state),
      kind: row.kind.replace("_", " "),
      source: row.source,
      detail: detail(row, clock.now()),
    })),
  );
  const broken = rows.find(
    (row) => row.state === "missing" || row.state === "expired" || row.state === "invalid",
  );
  if (broken) out.note(`Mend it: openclaw models auth add --provider ${broken.provider}`);
  if (current.provider === "builtin") out.note("No language model is configured: openclaw models auth add");
  return exitCode;
};

function paint({ style }: Output, state: AuthStatus["state"]): string {
  if (state === "valid") return style.green(state);
  return state === "cooldown" ? style.yellow(state) : style.red(state);
}

function detail(row: AuthStatus, now: number): string {
  const parts = [
    row.detail,
    row.cooldownUntil !== undefined && row.cooldownUntil > now
      ? `until ${new Date(row.cooldownUntil).toISOString()}`
      : undefined,
    row.expiresAt !== undefined && row.state === "valid"
      ? `expires ${new Date(row.expiresAt).toISOString().slice(0, 10)}`
      : undefined,
    row.latencyMs !== undefined ? `${row.latencyMs} ms` : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}
