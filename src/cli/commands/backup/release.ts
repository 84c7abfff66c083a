import { listHeld, releaseHeld } from "../../../backup/index.ts";
import { acquireGatewayLock, clearRestoreHold, readRestoreHold } from "../../../state/index.ts";
import { confirm } from "../../confirm.ts";
import type { CommandBody } from "../../contract.ts";
import { plural } from "../../format.ts";
import { flag } from "../../options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { paths, out, clock, version } = context;
  const discard = flag(options, "discard");
  const waiting = listHeld(paths.ledgerPath);
  const count = waiting.messages.length + waiting.deliveries.length;
  if (count > 0) {
    await confirm(context, {
      question: discard
        ? `End ${plural(count, "held item")} without an answer?`
        : `Answer and send ${plural(count, "held item")} at the next start?`,
      yes: flag(options, "yes"),
    });
  }
  if (!readRestoreHold(paths.stateDir) && count === 0) {
    if (flag(options, "json")) out.json({ released: false, messages: 0, deliveries: 0, discarded: false });
    else out.line("Nothing is held.");
    return;
  }
  // The rows go back where a running gateway would not look for them: it must be stopped.
  const lock = acquireGatewayLock(paths, { port: 0, version, clock });
  try {
    const { messages, deliveries } = releaseHeld({ ledgerPath: paths.ledgerPath, discard, now: clock.now() });
    clearRestoreHold(paths.stateDir);
    if (flag(options, "json"))
      return out.json({
        released: true,
        messages: messages.length,
        deliveries: deliveries.length,
        discarded: discard,
      });
    out.line(
      discard
        ? `Ended ${plural(count, "held item")}. Channels and jobs start with the gateway: openclaw gateway`
        : `Released. Channels, jobs and ${plural(count, "held item")} go on with the gateway: openclaw gateway`,
    );
  } finally {
    lock.release();
  }
};
