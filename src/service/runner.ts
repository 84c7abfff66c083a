import { lstatSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../core/errors.ts";
import { buildChildEnv, findBinary, runProcess } from "../guard/index.ts";
import { makeDirectory, readTextIfExists, writeFileAtomic } from "../state/index.ts";
import type { ServiceFile, ServiceHost, ServiceStep } from "./contract.ts";

export interface CommandEnd {
  ok: boolean;
  exitCode: number | null;
  stdout: string;
  /** Everything it printed. */
  said: string;
}

/** Acts on the machine and remembers each step; a dry one only remembers. */
export interface ServiceRunner {
  readonly dry: boolean;
  readonly steps: ServiceStep[];
  /** A command that changes something. Not run when dry (then `ok`). @throws UserError SERVICE_UNAVAILABLE without the program. */
  act(words: readonly string[], options?: { timeoutMs?: number }): Promise<CommandEnd>;
  /** The same, but a failure is thrown. @throws UserError SERVICE_COMMAND_FAILED */
  must(words: readonly string[], options?: { timeoutMs?: number }): Promise<CommandEnd>;
  /** A command that only asks; never shown. Null when the program is missing. */
  ask(words: readonly string[], options?: { timeoutMs?: number }): Promise<CommandEnd | null>;
  write(file: ServiceFile): void;
  remove(path: string): void;
}

const timeoutMs = 60_000;

export function createRunner(
  host: ServiceHost,
  options: { dry: boolean; env?: Readonly<Record<string, string>>; signal?: AbortSignal },
): ServiceRunner {
  const steps: ServiceStep[] = [];
  const env = {
    ...buildChildEnv({
      source: host.env,
      allowNames: host.platform === "win32" ? ["SystemRoot", "USERNAME", "USERPROFILE", "TEMP", "TMP"] : [],
    }),
    // The managers' answers are read by this program.
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    ...options.env,
  };
  const run = async (words: readonly string[], limit: number): Promise<CommandEnd | null> => {
    const [name = "", ...args] = words;
    const file = findBinary(name, host.folders);
    if (file === null) return null;
    const end = await runProcess(
      { file, args, cwd: "/", env },
      {
        clock: host.clock,
        timeoutMs: limit,
        maxOutputBytes: 4 * 1024 * 1024,
        ...(options.signal ? { signal: options.signal } : {}),
      },
    );
    const said = end.timedOut ? `no answer within ${limit / 1000} s` : end.output.trim();
    return { ok: end.exitCode === 0 && !end.timedOut, exitCode: end.exitCode, stdout: end.stdout, said };
  };
  const runner: ServiceRunner = {
    dry: options.dry,
    steps,
    async act(words, { timeoutMs: limit = timeoutMs } = {}) {
      steps.push({ kind: "command", text: commandText(words) });
      if (options.dry) return { ok: true, exitCode: 0, stdout: "", said: "" };
      const end = await run(words, limit);
      if (end === null) {
        throw new UserError("SERVICE_UNAVAILABLE", `${words[0] ?? ""} is not installed on this machine`, {
          hint: "run it in the foreground instead: openclaw gateway, or openclaw node run",
        });
      }
      return end;
    },
    async must(words, limits) {
      const end = await runner.act(words, limits);
      if (end.ok) return end;
      throw new UserError(
        "SERVICE_COMMAND_FAILED",
        `\`${commandText(words)}\` failed${end.exitCode === null ? "" : ` with status ${end.exitCode}`}: ${end.said || "it said nothing"}`,
        { hint: "look at what it said; run the same command by hand to try again" },
      );
    },
    ask: (words, { timeoutMs: limit = 5000 } = {}) => run(words, limit),
    write(file) {
      let text = file.text;
      for (const secret of file.hide ?? []) text = text.replaceAll(secret, "[secret]");
      steps.push({ kind: "write", path: file.path, mode: `0${file.mode.toString(8)}`, text });
      if (options.dry) return;
      makeDirectory(dirname(file.path));
      writeFileAtomic(file.path, bytesOf(file), { mode: file.mode });
    },
    remove(path) {
      // Not what a link leads to: one that leads nowhere is to go as well.
      if (!lstatSync(path, { throwIfNoEntry: false })) return;
      steps.push({ kind: "remove", path });
      if (!options.dry) rmSync(path, { force: true });
    },
  };
  return runner;
}

/**
 * Puts files in place and calls `load`; when that fails, what was there before comes back (HID-038) and `reload` makes
 * the manager see it.
 */
export async function replaceFiles(
  runner: ServiceRunner,
  files: readonly ServiceFile[],
  load: () => Promise<void>,
  reload: () => Promise<void>,
): Promise<void> {
  const before = files.map((file) => ({ file, text: readDefinition(file.path) }));
  try {
    for (const file of files) runner.write(file);
    await load();
  } catch (error) {
    for (const { file, text } of before) {
      if (text === null) runner.remove(file.path);
      else runner.write({ ...file, text });
    }
    await reload();
    throw error;
  }
}

/** Text of a definition whatever its encoding, or null. */
export function readDefinition(path: string): string | null {
  const utf8 = readTextIfExists(path);
  // The byte-order mark of UTF-16 is no UTF-8.
  if (utf8 === null || !utf8.startsWith("\uFFFD\uFFFD")) return utf8;
  const { readFileSync } = process.getBuiltinModule("node:fs");
  return readFileSync(path).subarray(2).toString("utf16le");
}

function bytesOf(file: ServiceFile): string | Uint8Array {
  return file.encoding === "utf16le" ? Buffer.from(`\uFEFF${file.text}`, "utf16le") : file.text;
}

/** As one would type it. */
export function commandText(words: readonly string[]): string {
  return words
    .map((word) => (/^[A-Za-z0-9_@%+=:,./\\-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}
