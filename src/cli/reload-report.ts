import { isObject } from "../core/json.ts";
import { ago, plural } from "./format.ts";
import { setting } from "./target.ts";

/** A row on an end before that left something to be taken up, or that nobody asked for; none otherwise. */
export function lastEndRows(health: unknown, now: number): Array<[string, string]> {
  const end = setting(health, "lastEnd");
  if (!isObject(end)) return [];
  const { kind, at } = end;
  const left = [
    count(end["runs"], "answer"),
    count(end["transcripts"], "transcript"),
    count(end["deliveries"], "message on its way out", "messages on their way out"),
  ].flat();
  if (kind === "first" || (kind !== "cut" && left.length === 0)) return [];
  const when = typeof at === "number" ? ` ${ago(at, now)}` : "";
  const words = {
    stopped: `stopped in good order${when}`,
    restarted: `restarted in good order${when}`,
  }[String(kind)];
  const took = left.length === 0 ? "; nothing was left over" : `; taken up again: ${left.join(", ")}`;
  return [["Last end", `${words ?? "killed, crashed or without power"}${took}`]];
}

const count = (number: unknown, one: string, many?: string): string[] =>
  typeof number !== "number" || number === 0
    ? []
    : [
        many !== undefined && number > 1
          ? `${number} ${many}`
          : many === undefined
            ? plural(number, one)
            : `1 ${one}`,
      ];

/** Rows on safe mode and on the last changes of the config file, from a health snapshot; none when all is as usual. */
export function reloadRows(health: unknown, now: number): Array<[string, string]> {
  const rows: Array<[string, string]> = [];
  const reason = setting(health, "safeMode.reason");
  if (typeof reason === "string") rows.push(["Safe mode", reason]);
  const reload = setting(health, "config.reload");
  if (!isObject(reload)) return rows;
  const { pending, probation, reverted } = reload;
  if (Array.isArray(pending) && pending.length > 0)
    rows.push(["Config waits", `${plural(pending.length, "key")} for a restart: ${pending.join(", ")}`]);
  if (isObject(probation)) rows.push(["Config trial", `version ${short(probation["hash"])}`]);
  if (isObject(reverted) && typeof reverted["at"] === "number")
    rows.push([
      "Config taken back",
      `version ${short(reverted["hash"])}, ${ago(reverted["at"], now)}: ${String(reverted["reason"])}`,
    ]);
  return rows;
}

function short(hash: unknown): string {
  return String(hash).slice(0, 12);
}
