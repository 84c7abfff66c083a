import { isObject } from "../core/json.ts";
import { ago, plural } from "./format.ts";
import { setting } from "./target.ts";

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
