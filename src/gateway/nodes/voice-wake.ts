import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { codeOf } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";
import { openJsonFile } from "../../state/index.ts";

/** The words that wake the assistant on phones and computers; one list for all of them. */
export interface VoiceWake {
  get(): string[];
  /** Keeps the list, cleaned; an empty one means the usual words. */
  set(triggers: readonly string[]): string[];
}

const usual = ["openclaw", "claude", "computer"];
const maxTriggers = 32;
const maxChars = 64;

/** @param options.stateDir the list is kept in `<state>/settings/voicewake.json` */
export function openVoiceWake(options: { stateDir: string; clock: Clock }): VoiceWake {
  const file = openJsonFile<{ triggers: string[]; updatedAtMs: number }>({
    path: join(options.stateDir, "settings", "voicewake.json"),
    parse: (value) => ({
      triggers: cleaned(isObject(value) && Array.isArray(value["triggers"]) ? value["triggers"] : []),
      updatedAtMs: isObject(value) && typeof value["updatedAtMs"] === "number" ? value["updatedAtMs"] : 0,
    }),
    empty: () => ({ triggers: usual, updatedAtMs: 0 }),
  });
  return {
    get() {
      try {
        return file.read().triggers;
      } catch (error) {
        // A file nobody can read must keep no phone out; the next choice takes its place.
        if (codeOf(error) === "STATE_FILE_INVALID") return usual;
        throw error;
      }
    },
    set(triggers) {
      const next = { triggers: cleaned(triggers), updatedAtMs: options.clock.now() };
      file.write(next);
      return next.triggers;
    },
  };
}

function cleaned(triggers: readonly unknown[]): string[] {
  const words = triggers.flatMap((each) => {
    const word = typeof each === "string" ? each.toWellFormed().replaceAll(/\s+/g, " ").trim() : "";
    return word === "" ? [] : [Array.from(word).slice(0, maxChars).join("").trim()];
  });
  const list = [...new Set(words)].slice(0, maxTriggers);
  return list.length > 0 ? list : usual;
}
