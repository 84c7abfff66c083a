// Stand-ins for `launchctl` and `schtasks.exe`: programs that keep their state in a JSON file beside them, answer in the
// real ones' words and with their exit statuses, and fail on demand.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface ManagerState {
  /** launchd: by target; schtasks: by task name. */
  jobs: Record<string, { path?: string; xml?: string; pid: number | null; lastExit?: string }>;
  nextPid: number;
  /** Every acting command so far, as typed. */
  log: string[];
  /** The n-th acting command from now (0: the next) fails. */
  failAt?: number;
  /** As `failAt`, and so does every one after it. */
  failFrom?: number;
  /** launchd: domains that do not exist here, as over SSH. */
  missingDomains?: string[];
  /** Jobs exit at once with this status instead of running. */
  exits?: number;
}

export interface FakeManager {
  folder: string;
  read(): ManagerState;
  change(edit: (state: ManagerState) => void): void;
}

/** Writes the stand-in into a folder, where a supervisor is told to look for its program. */
export function installFakeManager(folder: string, name: "launchctl" | "schtasks.exe"): FakeManager {
  mkdirSync(folder, { recursive: true });
  const script = fileURLToPath(new URL(`./${name.replace(".exe", "")}.mjs`, import.meta.url));
  const program = join(folder, name);
  writeFileSync(program, `#!${process.execPath}\nimport(${JSON.stringify(script)});\n`);
  chmodSync(program, 0o755);
  const file = join(folder, "state.json");
  const read = () => JSON.parse(readFileSync(file, "utf8")) as ManagerState;
  const write = (state: ManagerState) => writeFileSync(file, JSON.stringify(state));
  write({ jobs: {}, nextPid: 1000, log: [] });
  return {
    folder,
    read,
    change(edit) {
      const state = read();
      edit(state);
      write(state);
    },
  };
}
