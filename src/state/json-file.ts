import { messageOf, UserError } from "../core/errors.ts";
import { readTextIfExists, writeFileAtomic } from "./atomic-file.ts";

export interface JsonFileOptions<T> {
  path: string;
  /** Checks what was read and gives it its type; throws for content it cannot take. */
  parse: (value: unknown) => T;
  /** What a missing file means. */
  empty: () => T;
  /** Default 0600. */
  mode?: number;
}

/** A small, rarely written document (pairing, devices, …). Always read afresh: another process may have written it. */
export interface JsonFile<T> {
  readonly path: string;
  /** @throws UserError STATE_FILE_INVALID when the content is not what `parse` takes. */
  read(): T;
  write(value: T): void;
  /** Reads, changes, writes. Not a lock: callers are the one writer of their file. */
  update(change: (value: T) => T): T;
}

export function openJsonFile<T>(options: JsonFileOptions<T>): JsonFile<T> {
  const { path, parse, empty } = options;
  const file: JsonFile<T> = {
    path,
    read() {
      const text = readTextIfExists(path);
      if (text === null) return empty();
      try {
        return parse(JSON.parse(text));
      } catch (error) {
        throw new UserError("STATE_FILE_INVALID", `${path} cannot be understood: ${messageOf(error)}`, {
          hint: `restore it from a backup, or move it away: mv ${path} ${path}.broken`,
          cause: error,
        });
      }
    },
    write(value) {
      writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`, { mode: options.mode ?? 0o600 });
    },
    update(change) {
      const next = change(file.read());
      file.write(next);
      return next;
    },
  };
  return file;
}
