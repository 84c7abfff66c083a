import { codeOf } from "../../core/errors.ts";
import { openRootFs } from "../../guard/index.ts";
import { workspaceTexts } from "../../state/index.ts";

const tasksFile = "HEARTBEAT.md";
/** What is beyond is a task in any case. */
const mostRead = 64 * 1024;

/** Whether a workspace's HEARTBEAT.md gives the agent anything to look after. */
export async function tasksIn(workspaceDir: string): Promise<"tasks" | "none" | "no-file"> {
  try {
    const root = await openRootFs(workspaceDir);
    const info = await root.stat(tasksFile);
    if (info?.kind !== "file") return "no-file";
    const { bytes, size } = await root.read(tasksFile, { length: mostRead });
    return size > bytes.length || hasTasks(new TextDecoder().decode(bytes)) ? "tasks" : "none";
  } catch (error) {
    if (codeOf(error) === "PATH_NOT_FOUND") return "no-file";
    throw error;
  }
}

/** Blank lines, headings, comments, empty list items and what a new workspace's file says are no task. */
export function hasTasks(text: string): boolean {
  const ours = new Set((workspaceTexts[tasksFile] ?? "").split("\n").map((line) => line.trim()));
  return text
    .replaceAll(/<!--[\s\S]*?(?:-->|$)/g, "")
    .split("\n")
    .map((line) => line.trim())
    .some(
      (line) =>
        !ours.has(line) && !/^#+(?:\s|$)/.test(line) && !/^(?:[-*+]|\d+[.)])?\s*(?:\[.?\])?$/.test(line),
    );
}
