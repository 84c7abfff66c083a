import { join } from "node:path";
import type { ConfigStore, KnownSettings } from "../config/contract.ts";
import { isObject } from "../core/json.ts";
import { readTextIfExists } from "../state/index.ts";

/**
 * What a gateway in safe mode runs on when the file's configuration did not come up: the revision that last worked
 * (`<state>/starts.json`). Null when the file says the same, or nothing is known of such a revision. For a second try
 * at this machine's own gateway, whose token and certificate are that revision's.
 */
export function provenConfig(store: ConfigStore, stateDir: string): KnownSettings | null {
  try {
    const page: unknown = JSON.parse(readTextIfExists(join(stateDir, "starts.json")) ?? "null");
    const hash = isObject(page) ? page["proven"] : null;
    if (typeof hash !== "string" || !/^[0-9a-f]{64}$/.test(hash) || store.read().hash === hash) return null;
    return store.judge(store.revision(hash).raw).effective;
  } catch {
    return null; // the first failure is what the user is told
  }
}
