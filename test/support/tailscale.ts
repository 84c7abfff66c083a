import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../fakes/tailscale.mjs", import.meta.url));

/** A folder with a `tailscale` in it that answers as its state says (test/fakes/tailscale.mjs). */
export interface FakeTailscale extends Disposable {
  /** What goes into `tools.exec.pathPrepend`. */
  folder: string;
  set(state: Record<string, unknown>): void;
  state(): Record<string, unknown>;
  /** Arguments of every call so far. */
  calls(): string[][];
}

export function fakeTailscale(initial: Record<string, unknown> = {}): FakeTailscale {
  const base = mkdtempSync(join(tmpdir(), "openclaw-tailscale-"));
  const folder = join(base, "bin");
  const file = join(base, "state.json");
  mkdirSync(folder);
  const fake: FakeTailscale = {
    folder,
    set: (state) => writeFileSync(file, JSON.stringify(state)),
    state: () => JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>,
    calls: () =>
      existsSync(`${file}.calls`)
        ? readFileSync(`${file}.calls`, "utf8")
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line) as string[])
        : [],
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  };
  fake.set(initial);
  const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' '${file}' "$@"\n`;
  writeFileSync(join(folder, "tailscale"), script, { mode: 0o755 });
  return fake;
}
