import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { sleep } from "../../../core/clock.ts";
import { startProcess } from "../../../guard/index.ts";
import type { CommandContext } from "../../contract.ts";

/** The program that opens an address on this desktop; null where there is none to see it (servers, SSH, containers). */
export function browserOpener(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): { file: string; args: string[] } | null {
  if (env["SSH_CONNECTION"] || env["SSH_TTY"] || env["CI"]) return null;
  if (platform === "darwin") return { file: "/usr/bin/open", args: [] };
  if (platform === "win32") {
    const file = join(env["SystemRoot"] ?? "C:\\Windows", "System32", "rundll32.exe");
    return { file, args: ["url.dll,FileProtocolHandler"] };
  }
  if (!env["DISPLAY"] && !env["WAYLAND_DISPLAY"]) return null;
  const file = (env["PATH"] ?? "")
    .split(":")
    .filter((folder) => folder.startsWith("/"))
    .map((folder) => join(folder, "xdg-open"))
    .find(isProgram);
  return file === undefined ? null : { file, args: [] };
}

/** Opens a one-time address. Other users may see it on a command line: it is worth nothing once it was used. */
export async function openBrowser({ env, clock, paths }: CommandContext, url: string): Promise<boolean> {
  const opener = browserOpener(env, process.platform);
  if (opener === null) return false;
  const inherited = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { ended } = await startProcess(
    { file: opener.file, args: [...opener.args, url], cwd: paths.home, env: Object.fromEntries(inherited) },
    { clock, onOutput: () => undefined },
  );
  // Some openers stay as long as the browser does; it must outlive this command. What fails, fails at once.
  const early = await Promise.race([ended, sleep(clock, 1_000).then(() => null)]);
  return early === null || early.exitCode === 0;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
