import { isObject } from "../../../core/json.ts";
import type { CommandBody } from "../../contract.ts";
import { ago, dateTime } from "../../format.ts";
import { flag } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out, clock } = context;
  const answer = await callGateway(context, { method: "system.heartbeat", options });
  if (flag(options, "json")) return out.json(answer);
  const status = isObject(answer) ? answer : {};
  const agents = Array.isArray(status["agents"]) ? status["agents"].filter(isObject) : [];
  out.line(
    status["on"] === false
      ? "Heartbeats are off: openclaw system heartbeat enable"
      : agents.some(({ enabled }) => enabled === true)
        ? "Heartbeats are on."
        : "No agent has a heartbeat: openclaw config set agents.defaults.heartbeat.every 30m",
  );
  if (typeof status["waiting"] === "number" && status["waiting"] > 0)
    out.line(`${status["waiting"]} report(s) wait for the next look around.`);
  out.table(
    agents.map((agent) => {
      const last = isObject(agent["last"]) ? agent["last"] : null;
      return {
        agent: String(agent["agentId"]),
        every: String(agent["every"]),
        hours: typeof agent["activeHours"] === "string" ? agent["activeHours"] : "all day",
        next:
          typeof agent["runningSince"] === "number"
            ? "at work"
            : typeof agent["nextAt"] === "number"
              ? dateTime(agent["nextAt"])
              : "-",
        last:
          last && typeof last["ts"] === "number"
            ? `${String(last["status"])} ${ago(last["ts"], clock.now())}${typeof last["detail"] === "string" ? `: ${last["detail"]}` : ""}`
            : "never",
      };
    }),
  );
};
