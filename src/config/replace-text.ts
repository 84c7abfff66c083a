import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { readTextIfExists, withExclusiveLock, writeFileAtomic, type Paths } from "../state/index.ts";
import type { ChangeNote } from "./contract.ts";
import { hashOf, openHistory } from "./history.ts";

/**
 * Puts a text into the config file as it is, also one that is not valid: for a repair that mends one of several
 * mistakes, and for taking one back. Noted in the history so that it is not taken for an edit by hand.
 * @throws UserError CONFIG_CONFLICT when the file is not the one `baseHash` names.
 */
export function replaceConfigText(options: {
  paths: Paths;
  raw: string;
  note: Required<ChangeNote>;
  now: number;
  mode?: number;
}): void {
  const { paths, raw, note, now } = options;
  withExclusiveLock(join(paths.stateDir, "config.lock.sqlite"), () => {
    const current = readTextIfExists(paths.configPath);
    if ((current === null ? "" : hashOf(current)) !== note.baseHash) {
      throw new UserError("CONFIG_CONFLICT", `${paths.configPath} was changed by somebody else meanwhile`, {
        hint: "openclaw doctor plan",
        retryable: true,
      });
    }
    openHistory(paths.configHistoryDir).record(raw, { at: now, author: note.author, reason: note.reason });
    writeFileAtomic(paths.configPath, raw, options.mode === undefined ? {} : { mode: options.mode });
  });
}
