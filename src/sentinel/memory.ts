import { join } from "node:path";
import { isObject } from "../core/json.ts";
import { readTextIfExists, writeFileAtomic } from "../state/index.ts";
import { nothingTold, type Memory } from "./judge.ts";
import { giveToOwner } from "./one-at-a-time.ts";

const conditions = ["dead", "hung", "looping"] as const;

/** `<state>/sentinel.json`. A torn page counts as none: the operator is told once more rather than never. */
export function openMemory(stateDir: string): { read(): Memory; write(memory: Memory): void } {
  const path = join(stateDir, "sentinel.json");
  return {
    read() {
      try {
        const value: unknown = JSON.parse(readTextIfExists(path) ?? "null");
        if (!isObject(value)) return nothingTold;
        const told = conditions.find((condition) => condition === value["told"]);
        const { since } = value;
        return told === undefined || typeof since !== "number" ? nothingTold : { told, since };
      } catch {
        return nothingTold;
      }
    },
    write(memory) {
      writeFileAtomic(path, `${JSON.stringify(memory)}\n`, { durable: false });
      giveToOwner(path, stateDir);
    },
  };
}
