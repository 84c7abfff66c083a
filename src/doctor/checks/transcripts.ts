import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check, CheckContext, Step } from "../contract.ts";
import { agentFolders, filesIn, look, permissions } from "../disk.ts";
import { hasDamage, mendTranscript } from "../transcript-lines.ts";

/** Read without --deep, newest files first: the rest would keep the doctor from answering at once. */
const quickBytes = 32 * 1024 * 1024;

/** DOC-030: lines that are no entry. A repair never drops one that is; the original stays in the receipt. */
export const transcripts: Check = {
  id: "transcripts",
  title: "Damaged lines in transcripts",
  severity: "warning",
  surface: "doctor",
  mends: "what is no entry is taken out, every valid line keeps its bytes; the original is in the receipt",
  dependsOn: ["state-dir"],
  async inspect(context) {
    const damaged: Array<{ path: string; bad: number[]; rescued: number; step: Step }> = [];
    let budget = context.wants.deep ? Infinity : quickBytes;
    for (const { path, size, mode } of transcriptFiles(context)) {
      budget -= size;
      if (budget < 0) break;
      const mended = (await hasDamage(path)) ? mendTranscript(await readFile(path)) : null;
      if (!mended) continue;
      const { bad, rescued, bytes } = mended;
      damaged.push({ path, bad, rescued, step: { kind: "write", path, bytes, mode: mode & 0o700 } });
    }
    if (damaged.length === 0) return [];
    const evidence = damaged
      .map(({ path, bad, rescued }) => {
        const lines = `${path}: line${bad.length > 1 ? "s" : ""} ${bad.slice(0, 5).join(", ")}${bad.length > 5 ? ", …" : ""}`;
        return rescued > 0 ? `${lines} (${rescued} entries can be saved from them)` : lines;
      })
      .join("; ");
    if (context.running) {
      return [{ evidence, fix: "stop the gateway, which writes these files: then openclaw doctor --repair" }];
    }
    return [
      {
        evidence,
        fix: "openclaw doctor --repair",
        repair: { level: "recommended", tick: "sessions repaired", steps: damaged.map(({ step }) => step) },
      },
    ];
  },
};

function transcriptFiles({ paths }: CheckContext) {
  return agentFolders(paths.agentsDir)
    .flatMap((id) => filesIn(join(paths.agentsDir, id, "sessions")))
    .filter((path) => path.endsWith(".jsonl"))
    .flatMap((path) => {
      const stat = look(path);
      return stat ? [{ path, size: stat.size, mode: permissions(stat), changed: stat.mtimeMs }] : [];
    })
    .toSorted((a, b) => b.changed - a.changed);
}
