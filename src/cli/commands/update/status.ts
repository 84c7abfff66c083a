import { isWorker } from "../../../update/index.ts";
import type { CommandBody } from "../../contract.ts";
import { findNodeService, nodeMismatch } from "../../node-upkeep.ts";
import { flag } from "../../options.ts";
import { installKind } from "../../installation.ts";
import { slotsHere } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, version } = context;
  const slots = slotsHere(context);
  const { current, versions, underWay, last } = slots.state();
  const kind = installKind();
  const running = await context.runningGateway();
  const node = await findNodeService(context);
  const installed = current ?? version;
  const isDead = underWay !== null && !isWorker(underWay);
  if (flag(options, "json"))
    return out.json({
      version,
      installed: kind,
      slots: slots.dir,
      current,
      versions,
      running: running?.version ?? null,
      node: node && { name: node.name, running: node.running, version: node.live?.version ?? null },
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
    ...(node
      ? ([["Node", node.live ? (node.live.version ?? "unknown version") : "not running"]] satisfies Array<
          [string, string]
        >)
      : []),
    ...(last
      ? ([
          ["Last update", `${last.to} ${last.result} ${last.at}${last.reason ? `: ${last.reason}` : ""}`],
        ] satisfies Array<[string, string]>)
      : []),
  ]);
  if (running && running.version !== installed)
    out.line(
      out.style.yellow(
        `The gateway runs ${running.version ?? "an unknown version"}; ${installed} is installed: openclaw gateway restart`,
      ),
    );
  const mismatch = nodeMismatch(node?.live ?? null, installed);
  if (mismatch) out.line(out.style.yellow(mismatch));
  if (underWay)
    out.line(
      isDead
        ? out.style.yellow(
            `An update to ${underWay.to} was interrupted (${underWay.phase}): openclaw update settle`,
          )
        : `An update to ${underWay.to} is under way (pid ${underWay.pid}, ${underWay.phase}).`,
    );
};
