import { listHeld } from "../../../backup/index.ts";
import { readRestoreHold } from "../../../state/index.ts";
import type { CommandBody } from "../../contract.ts";
import { ago } from "../../format.ts";
import { flag } from "../../options.ts";

export const run: CommandBody = (context, _args, options) => {
  const { paths, out, clock } = context;
  const hold = readRestoreHold(paths.stateDir);
  const { messages, deliveries } = listHeld(paths.ledgerPath);
  if (flag(options, "json")) out.json({ hold, messages, deliveries });
  else if (!hold && messages.length + deliveries.length === 0) out.line("Nothing is held.");
  else {
    if (hold)
      out.line(
        `Restored ${hold.restoredAt} from a backup of ${hold.backupOf}: channels and scheduled jobs stay off until openclaw backup release.`,
      );
    const rows = [
      ...messages.map(({ runId, sessionKey, receivedAt }) => ({
        what: "message",
        id: runId,
        for: sessionKey,
        age: ago(receivedAt, clock.now()),
        note: "not answered",
      })),
      ...deliveries.map(({ key, channel, to, createdAt, mayHaveArrived }) => ({
        what: "reply",
        id: key,
        for: `${channel}:${to}`,
        age: ago(createdAt, clock.now()),
        note: mayHaveArrived ? "was being sent, may have arrived" : "not sent",
      })),
    ];
    if (rows.length > 0) out.table(rows);
  }
  return Promise.resolve();
};
