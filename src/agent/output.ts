import type { ImageBlock, TextBlock } from "../core/conversation.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { openRootFs } from "../guard/root-fs.ts";

/** Folder in the workspace for results that were too long for the model. */
const outputFolder = ".openclaw/outputs";
const maxKept = 50;

type Content = Array<TextBlock | ImageBlock>;

/** Keeps a text in a file and returns the name under which the `read` tool finds it; null when it could not be kept. */
export type SaveOutput = (name: string, text: string) => Promise<string | null>;

/**
 * Bounds the text of a tool result to about `cap` characters: its head (two thirds) and its tail stay, with a line in
 * between that says how much was cut and where the whole is. Well-formed: never splits a character.
 */
export async function capOutput(
  content: Content,
  options: { cap: number; name: string; save: SaveOutput },
): Promise<Content> {
  const total = content.reduce((sum, block) => sum + (block.type === "text" ? block.text.length : 0), 0);
  if (total <= options.cap) {
    return content.map((block) =>
      block.type === "text" && !block.text.isWellFormed()
        ? { type: "text", text: block.text.toWellFormed() }
        : block,
    );
  }
  const whole = content
    .flatMap((block) => (block.type === "text" ? [block.text] : []))
    .join("\n")
    .toWellFormed();
  const head = endAtCharacter(whole.slice(0, Math.floor((options.cap * 2) / 3)));
  const tail = startAtCharacter(whole.slice(whole.length - Math.floor(options.cap / 4)));
  const place = await options.save(options.name, whole);
  const where =
    place === null ? "the rest was not kept" : `all of it is in ${place}: use the read tool with an offset`;
  const cut = whole.length - head.length - tail.length;
  const text = `${head}\n\n[… ${cut} of ${whole.length} characters left out here; ${where} …]\n\n${tail}`;
  return [{ type: "text", text }, ...content.filter((block) => block.type === "image")];
}

const endAtCharacter = (text: string): string => (text.isWellFormed() ? text : text.slice(0, -1));
const startAtCharacter = (text: string): string => (text.isWellFormed() ? text : text.slice(1));

/** Keeps long results in the workspace, the newest {@link maxKept} of them. */
export function createOutputStore(workspaceDir: () => Promise<string>, logger: Logger): SaveOutput {
  return async (name, text) => {
    try {
      const root = await openRootFs(await workspaceDir());
      const file = `${outputFolder}/${name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 120)}.txt`;
      await root.write(file, text);
      const { entries } = await root.list(outputFolder, { limit: 10_000 });
      const names = entries.filter((entry) => entry.kind === "file" && entry.name.endsWith(".txt"));
      // Names begin with the time they were made, so the sorted head is the oldest.
      for (const old of names.slice(0, Math.max(0, names.length - maxKept)))
        await root.remove(`${outputFolder}/${old.name}`);
      return file;
    } catch (error) {
      logger.warn("a long tool result could not be kept in the workspace", { error: messageOf(error) });
      return null;
    }
  };
}
