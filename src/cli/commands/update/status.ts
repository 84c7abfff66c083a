import { isWorker } from "../../../update/index.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { installKind, slotsHere } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, version } = context;
  const slots = slotsHere(context);
  const { current, versions, underWay, last } = slots.state();
  const kind = installKind();
  const running = await context.runningGateway();
  const isDead = underWay !== null && !isWorker(underWay);
  if (flag(options, "json"))
    return out.json({
      version,
      installed: kind,
      slots: slots.dir,
      current,
      versions,
      running: running?.version ?? null,
      underWay: underWay && { ...underWay, interrupted: isDead },
      last,
    });
  out.pairs([
    [
      "This copy",
      `${version} (${{ slots: "slots", checkout: "a checkout", npm: "installed by npm" }[kind]})`,
    ],
    ["Slots", slots.dir],
    ["Current", current ?? "none"],
    ["Installed", versions.join(", ") || "none"],
    ["Running", running ? (running.version ?? "unknown version") : "no gateway"],
    ...(last
      ? ([
          ["Last update", `${last.to} ${last.result} ${last.at}${last.reason ? `: ${last.reason}` : ""}`],
        ] satisfies Array<[string, string]>)
      : []),
  ]);
  if (underWay)
    out.line(
      isDead
        ? out.style.yellow(
            `An update to ${underWay.to} was interrupted (${underWay.phase}): openclaw update settle`,
          )
        : `An update to ${underWay.to} is under way (pid ${underWay.pid}, ${underWay.phase}).`,
    );
};
