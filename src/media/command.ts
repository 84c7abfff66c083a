import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { codeOf, UserError } from "../core/errors.ts";
import { buildChildEnv, findBinary, runProcess, searchPath } from "../guard/index.ts";

export interface CommandHost {
  /** Environment that commands may inherit a few names from. */
  env: Readonly<Record<string, string | undefined>>;
  /** Folders in front of the fixed PATH. */
  pathPrepend: readonly string[];
  clock: Clock;
}

const maxOutputBytes = 16 * 1024 * 1024;

/**
 * Runs a configured program on a file: `{input}` and `{output}` in its arguments are files of a private folder that is
 * removed afterwards. No shell. Resolves with what it printed and the content of `{output}`, null when it wrote none.
 * @throws UserError MEDIA_COMMAND when it is not there, fails or takes too long; the message holds the end of its stderr.
 */
export async function runMediaCommand(
  command: {
    argv: readonly string[];
    input?: { bytes: Uint8Array; extension: string };
    stdin?: string;
    timeoutMs: number;
  },
  host: CommandHost,
  signal: AbortSignal,
): Promise<{ stdout: string; output: Uint8Array | null }> {
  const [name = "", ...rest] = command.argv;
  const path = searchPath(host.pathPrepend);
  const file = isAbsolute(name) ? name : findBinary(name, path);
  if (!file)
    throw new UserError("MEDIA_COMMAND", `the program ${JSON.stringify(name)} is not in ${path.join(":")}`, {
      hint: "give its absolute path",
    });
  const dir = await mkdtemp(join(tmpdir(), "openclaw-media-"));
  try {
    const inputPath = join(dir, `input.${command.input?.extension ?? "bin"}`);
    const outputPath = join(dir, "output");
    if (command.input) await writeFile(inputPath, command.input.bytes, { mode: 0o600 });
    const args = rest.map((arg) => arg.replaceAll("{input}", inputPath).replaceAll("{output}", outputPath));
    const end = await runProcess(
      {
        file,
        args,
        cwd: dir,
        env: buildChildEnv({ source: host.env, pathPrepend: host.pathPrepend }),
        ...(command.stdin === undefined ? {} : { stdin: command.stdin }),
      },
      { clock: host.clock, signal, timeoutMs: command.timeoutMs, maxOutputBytes },
    );
    if (end.timedOut || end.exitCode !== 0) {
      const how = end.timedOut
        ? `took longer than ${Math.round(command.timeoutMs / 1000)} s`
        : `ended with ${end.signal ?? end.exitCode}`;
      const said = end.stderr.trim().split("\n").at(-1)?.slice(0, 200) ?? "";
      throw new UserError("MEDIA_COMMAND", `${name} ${how}${said === "" ? "" : `: ${said}`}`);
    }
    const output = await readFile(outputPath).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return null;
      throw error;
    });
    return { stdout: end.stdout, output };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const extensions: Readonly<Record<string, string>> = {
  "audio/ogg": "ogg",
  "audio/mpeg": "mp3",
  "audio/mp4": "m4a",
  "audio/wav": "wav",
  "audio/flac": "flac",
  "audio/webm": "webm",
  "audio/aac": "aac",
  "audio/amr": "amr",
  "video/mp4": "mp4",
  "video/webm": "webm",
  "application/pdf": "pdf",
};

/** Programs and services tell files apart by how their names end. */
export const extensionOf = (mimeType: string): string => extensions[mimeType] ?? "bin";
