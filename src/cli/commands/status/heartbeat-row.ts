import { isObject } from "../../../core/json.ts";
import { ago, dateTime } from "../../format.ts";

/** When agents look around next by themselves, from the answer of `status`. */
export function heartbeatRows(status: Record<string, unknown>, now: number): Array<[string, string]> {
  const heartbeat = isObject(status["heartbeat"]) ? status["heartbeat"] : {};
  const agents = Array.isArray(heartbeat["agents"]) ? heartbeat["agents"].filter(isObject) : [];
  if (heartbeat["on"] === false) return [["Heartbeat", "switched off (openclaw system heartbeat enable)"]];
  const words = agents
    .filter(({ enabled }) => enabled === true)
    .map(({ agentId, every, nextAt, runningSince, last }) => {
      const next =
        typeof runningSince === "number"
          ? "at work"
          : typeof nextAt === "number"
            ? `next ${dateTime(nextAt)}`
            : "not started";
      const ended =
        isObject(last) && typeof last["ts"] === "number"
          ? `, last ${ago(last["ts"], now)}: ${String(last["status"])}`
          : "";
      return `${String(agentId)} every ${String(every)}, ${next}${ended}`;
    });
  return words.length === 0 ? [] : [["Heartbeat", words.join("; ")]];
}
