import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { UserError } from "../core/errors.ts";
import { findBinary } from "../guard/index.ts";
import { renderCommands, type CommandAnalysis } from "./analyse.ts";

export interface ExecLaunch {
  file: string;
  args: string[];
  argv0: string;
}

/** Exactly what will be started (threats.md, invariant 6). */
export interface ExecPlan extends ExecLaunch {
  /** SHA-256 over everything that matters, and the requester. */
  digest: string;
}

export interface PlanInput {
  analysis: CommandAnalysis;
  /** Real path and identity of the folder, as `RootFs.directory` gives them. */
  cwd: { path: string; identity: string };
  env: Record<string, string>;
  /** Standard input handed to the command, if any. */
  stdin: string | null;
  pty: boolean;
  host: string;
  requester: { principalId: string; agentId: string; sessionKey: string };
}

interface FileFact {
  path: string;
  realPath: string;
  identity: string;
  sha256: string;
}

/** Files larger than this are bound by identity, size and times only. */
const maxHashedBytes = 512n * 1024n * 1024n;
const shells = ["/bin/bash", "/bin/sh"];

/**
 * Makes the plan for a command, reading and hashing the files it starts. Making it again later and comparing digests
 * tells whether anything changed: program or script (path, inode, content), arguments, folder, environment, requester.
 * @throws UserError EXEC_UNAVAILABLE when there is no shell for a command that needs one.
 */
export async function makePlan(input: PlanInput): Promise<ExecPlan> {
  const { analysis, cwd, env } = input;
  const launch = launchOf(analysis);
  const programs = new Set([launch.file, ...analysis.commands.map((command) => command.path)]);
  const facts: FileFact[] = [];
  for (const path of programs) facts.push(await factOf(path));
  for (const path of operandsOf(analysis, cwd.path)) {
    const fact = await factOf(path).catch(() => null);
    if (fact) facts.push(fact);
  }
  const environment = Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = createHash("sha256")
    .update(
      JSON.stringify([
        "exec-plan-1",
        input.host,
        [input.requester.principalId, input.requester.agentId, input.requester.sessionKey],
        [launch.file, launch.argv0, launch.args],
        analysis.text,
        facts.map((fact) => [fact.path, fact.realPath, fact.identity, fact.sha256]),
        [cwd.path, cwd.identity],
        environment,
        [input.stdin, input.pty],
      ]),
    )
    .digest("hex");
  return { digest, ...launch };
}

/**
 * How a command is started: an understood single one directly, several by a shell with every word quoted and every
 * program absolute, other text by a shell as it is.
 * @throws UserError EXEC_UNAVAILABLE
 */
export function launchOf(analysis: CommandAnalysis): ExecLaunch {
  const [only, ...more] = analysis.commands;
  if (only && more.length === 0)
    return { file: only.path, args: only.argv.slice(1), argv0: only.argv[0] ?? only.path };
  const shell = shells.find((path) => findBinary(path, []) !== null);
  if (shell === undefined)
    throw new UserError("EXEC_UNAVAILABLE", "there is no /bin/sh to run this command with");
  const text = only ? renderCommands(analysis.commands) : analysis.text;
  return { file: shell, args: ["-c", text], argv0: shell };
}

/** Files a carrier is told to run: the first operand of each command that exists. */
function operandsOf(analysis: CommandAnalysis, cwd: string): string[] {
  return analysis.commands.flatMap(({ argv, opaque }) => {
    if (opaque === null) return [];
    return argv
      .slice(1)
      .filter((word) => !word.startsWith("-") && word !== "")
      .slice(0, 8)
      .map((word) => (isAbsolute(word) ? word : join(cwd, word)));
  });
}

async function factOf(path: string): Promise<FileFact> {
  const realPath = await realpath(path);
  const handle = await open(realPath, "r");
  try {
    const info = await handle.stat({ bigint: true });
    const identity = [info.dev, info.ino, info.mode, info.size, info.mtimeNs, info.ctimeNs].join(":");
    if (!info.isFile()) return { path, realPath, identity: `${info.dev}:${info.ino}`, sha256: "" };
    if (info.size > maxHashedBytes) return { path, realPath, identity, sha256: "" };
    const hash = createHash("sha256");
    for await (const chunk of createReadStream("", { fd: handle.fd, autoClose: false, start: 0 })) {
      hash.update(chunk as Buffer);
    }
    return { path, realPath, identity, sha256: hash.digest("hex") };
  } finally {
    await handle.close();
  }
}
