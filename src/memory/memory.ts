import type { Clock } from "../core/clock.ts";
import { codeOf, UserError } from "../core/errors.ts";
import { silentLogger, type Logger } from "../core/logger.ts";
import { openRootFs, type RootFs } from "../guard/index.ts";
import { openNoteIndex, type IndexHit, type NoteFile, type NoteIndex } from "./note-index.ts";

export type MemoryHit = IndexHit;

/**
 * What an agent remembers: `MEMORY.md` and `memory/**.md` of its workspace, written by the agent and by people
 * (AGENT-015). The files are the truth; the index beside the state is a cache.
 */
export interface Memory {
  /** Best matches first. Notices files that changed since. */
  search(query: string, options?: { limit?: number }): Promise<MemoryHit[]>;
  /**
   * Lines of a note, numbered from 1; `more` when lines follow.
   * @throws UserError MEMORY_PATH_INVALID for other files, PATH_*
   */
  get(
    path: string,
    options?: { from?: number; lines?: number },
  ): Promise<{ path: string; from: number; text: string; more: boolean }>;
  /** Adds a dated bullet to MEMORY.md; a text that is there already is not added again. */
  save(text: string): Promise<{ path: string; line: number; added: boolean }>;
  status(): Promise<{ files: number; chunks: number; indexPath: string }>;
  close(): Promise<void>;
}

const mainFile = "MEMORY.md";
const maxNoteBytes = 2 * 1024 * 1024;
const maxFiles = 5000;

/**
 * `indexPath`: `<state>/cache/memory/<agent>.sqlite`. `timeZone`: for the dates of bullets, default UTC.
 * Nothing is opened before the first call.
 */
export function createMemory(options: {
  workspaceDir: string;
  indexPath: string;
  clock: Clock;
  timeZone?: string;
  logger?: Logger;
}): Memory {
  let root: Promise<RootFs> | null = null;
  let index: Promise<NoteIndex> | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  const openRoot = () => (root ??= forgetOnFailure(openRootFs(options.workspaceDir), () => (root = null)));
  const openIndex = () =>
    (index ??= forgetOnFailure(
      openNoteIndex(options.indexPath, options.logger ?? silentLogger),
      () => (index = null),
    ));
  /** One at a time: two saves must not read the same old text. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work, work);
    turn = result.catch(() => undefined);
    return result;
  };
  const readNote = async (files: RootFs, path: string) =>
    new TextDecoder().decode((await files.read(path, { length: maxNoteBytes })).bytes);

  const synced = async (): Promise<NoteIndex> => {
    const notes = await openIndex();
    const files = await openRoot();
    await notes.sync(await listNotes(files), (path) => readNote(files, path));
    return notes;
  };

  return {
    search: (query, { limit = 6 } = {}) => inTurn(async () => (await synced()).search(query, limit)),

    async get(path, { from = 1, lines = 200 } = {}) {
      const files = await openRoot();
      const name = files.display(path);
      if (!isNote(name)) {
        throw new UserError("MEMORY_PATH_INVALID", `${JSON.stringify(name)} is not a note`, {
          hint: "notes are MEMORY.md and memory/*.md; other files are read with `read`",
        });
      }
      const all = (await readNote(files, name)).split("\n");
      const part = all.slice(from - 1, from - 1 + lines);
      return { path: name, from, text: part.join("\n"), more: from - 1 + lines < all.length };
    },

    save: (text) =>
      inTurn(async () => {
        const note = text.replaceAll(/\s+/gu, " ").trim();
        if (note === "") throw new UserError("MEMORY_EMPTY", "there is nothing to remember in an empty text");
        const files = await openRoot();
        const before = await readNote(files, mainFile).catch((error: unknown) => {
          if (codeOf(error) === "PATH_NOT_FOUND") return "";
          throw error;
        });
        if (Buffer.byteLength(before) + note.length > maxNoteBytes) {
          throw new UserError("MEMORY_FULL", `${mainFile} is full`, {
            hint: "move older notes to files in memory/",
          });
        }
        const lines = before.split("\n");
        const there = lines.findIndex((line) => line.replace(/^[-*] (?:\d{4}-\d\d-\d\d: )?/, "") === note);
        if (there !== -1) return { path: mainFile, line: there + 1, added: false };
        const day = new Intl.DateTimeFormat("en-CA", { timeZone: options.timeZone ?? "UTC" }).format(
          options.clock.now(),
        );
        const body = before === "" ? "# Memory\n\n" : before.endsWith("\n") ? before : `${before}\n`;
        await files.write(mainFile, `${body}- ${day}: ${note}\n`);
        return { path: mainFile, line: body.split("\n").length, added: true };
      }),

    status: () => inTurn(async () => ({ ...(await synced()).counts(), indexPath: options.indexPath })),

    close: () =>
      inTurn(async () => {
        if (index) (await index).close();
        index = null;
      }),
  };
}

function forgetOnFailure<T>(opening: Promise<T>, forget: () => void): Promise<T> {
  opening.catch(forget);
  return opening;
}

const isNote = (path: string) => path === mainFile || path === "memory.md" || /^memory\/.+\.md$/.test(path);

async function listNotes(files: RootFs): Promise<NoteFile[]> {
  const notes: NoteFile[] = [];
  const add = async (path: string) => {
    const info = await files.stat(path).catch(() => null);
    if (info?.kind === "file" && notes.length < maxFiles)
      notes.push({ path, size: info.size, mtimeMs: info.mtimeMs });
  };
  // On file systems that fold case both names are the same file: taken by the name it is listed under.
  const top = await files.list(".", { limit: 10_000 });
  for (const { name } of top.entries) if (name === mainFile || name === "memory.md") await add(name);
  const folders = top.entries.some((entry) => entry.name === "memory" && entry.kind === "directory")
    ? ["memory"]
    : [];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const { name, kind } of (await files.list(folder, { limit: maxFiles })).entries) {
      if (kind === "directory" && folder.split("/").length < 8) folders.push(`${folder}/${name}`);
      else if (kind === "file" && name.endsWith(".md")) await add(`${folder}/${name}`);
    }
  }
  return notes;
}
