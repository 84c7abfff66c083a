import { basename, dirname, join } from "node:path";
import type { Check, Found } from "../contract.ts";
import { entries, look, shellWord } from "../disk.ts";

/** A restore that still works writes into its folder all the time. */
const idleMs = 10 * 60_000;

/** OPS: folders beside the state directory that `backup restore` makes; a killed one leaves its own behind. */
export const restoreLeftovers: Check = {
  id: "restore-leftovers",
  title: "Folders of a restore",
  severity: "info",
  surface: "doctor",
  mends: "by hand: the command in the finding",
  inspect({ paths, clock }) {
    const { stateDir } = paths;
    const parent = dirname(stateDir);
    const names = entries(parent)
      .filter((entry) => entry.isDirectory() && entry.name.startsWith(`${basename(stateDir)}.`))
      .map(({ name }) => name)
      .toSorted();
    const kind = (pattern: RegExp) =>
      names.filter((name) => pattern.test(name.slice(basename(stateDir).length)));
    const staged = kind(/^\.restore-[0-9a-f]{12}$/).filter(
      (name) => clock.now() - (look(join(parent, name))?.mtimeMs ?? 0) > idleMs,
    );
    const aside = kind(/^\.before-restore-[\dTZ-]+$/).map((name) => join(parent, name));
    const found: Found[] = staged.map((name) => ({
      title: "A restore was broken off",
      evidence: `${join(parent, name)} is half a backup; nothing uses it`,
      fix: `rm -r ${shellWord(join(parent, name))}`,
      undo: "openclaw backup restore",
    }));
    // Killed between putting the old state aside and moving the new one in.
    const newest = aside.at(-1);
    if (!look(join(stateDir, "openclaw.json")) && newest !== undefined && !look(stateDir))
      return [
        ...found,
        {
          severity: "critical",
          title: "A restore was broken off, and the state directory is away",
          evidence: `${stateDir} does not exist, and what it held is in ${newest}`,
          fix: `mv ${shellWord(newest)} ${shellWord(stateDir)}`,
          undo: `mv ${shellWord(stateDir)} ${shellWord(newest)}`,
        },
      ];
    return [
      ...found,
      ...aside.map((path) => ({
        title: "The state from before a restore is kept",
        evidence: `${path} is what ${stateDir} held before a backup was restored; it holds logins`,
        fix: `when you are content with the restored state: rm -r ${shellWord(path)}`,
        undo: "keep a copy first",
      })),
    ];
  },
};
