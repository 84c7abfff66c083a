import { join } from "node:path";
import { isObject } from "../core/json.ts";
import { isProcessAlive, openJsonFile, type JsonFile } from "../state/index.ts";

/** What a running node host says about itself, in `<state>/node-status.json`. */
export interface NodeStatus {
  pid: number;
  state: "connecting" | "waiting" | "connected" | "retrying" | "stopped";
  url: string;
  /** Of the program; absent when an older one wrote this. */
  version?: string;
  /** Epoch milliseconds of the last change. */
  at: number;
  detail: string | null;
}

export function openStatusFile(stateDir: string): JsonFile<NodeStatus | null> {
  return openJsonFile<NodeStatus | null>({
    path: join(stateDir, "node-status.json"),
    parse: (value) => {
      if (!isObject(value) || typeof value["pid"] !== "number" || typeof value["state"] !== "string")
        throw new TypeError("not the status of a node host");
      return value as unknown as NodeStatus;
    },
    empty: () => null,
  });
}

/** The status of a host that lives, else null. */
export function liveStatus(stateDir: string): NodeStatus | null {
  const status = openStatusFile(stateDir).read();
  return status !== null && status.state !== "stopped" && isProcessAlive(status.pid) ? status : null;
}
