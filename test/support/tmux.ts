// A real terminal for tests: tmux, on a socket of its own.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { until } from "./e2e-home.ts";

export const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

export interface TmuxTerminal extends Disposable {
  /** What stands on the screen now. */
  screen(): string;
  /** Waits until the screen holds it. */
  shows(what: string | RegExp): Promise<string>;
  /** Literal text. */
  type(text: string): void;
  /** Named keys: `Enter`, `C-c`, `Up`. */
  press(...keys: string[]): void;
  paste(text: string): void;
  resize(columns: number, rows: number): void;
}

export function openTmux(options: {
  dir: string;
  env: Record<string, string>;
  size: [number, number];
}): TmuxTerminal {
  const socket = join(options.dir, "tmux.sock");
  const tmux = (words: string[], input?: string) =>
    execFileSync("tmux", ["-S", socket, "-f", "/dev/null", ...words], {
      encoding: "utf8",
      env: { ...options.env, TERM: "xterm-256color", LANG: "C.UTF-8" },
      stdio: ["pipe", "pipe", "pipe"],
      ...(input === undefined ? {} : { input }),
    });
  const [columns, rows] = options.size;
  tmux(["-u", "new-session", "-d", "-x", String(columns), "-y", String(rows), "sh"]);
  const screen = () => tmux(["capture-pane", "-p"]);
  return {
    screen,
    async shows(what) {
      const holds = (text: string) => (typeof what === "string" ? text.includes(what) : what.test(text));
      let last = "";
      try {
        return await until(
          () => {
            last = screen();
            return holds(last) ? last : null;
          },
          { timeoutMs: 15_000 },
        );
      } catch {
        throw new Error(`waited for ${String(what)}; the screen shows\n${last}`);
      }
    },
    type: (text) => void tmux(["send-keys", "-l", text]),
    press: (...keys) => void tmux(["send-keys", ...keys]),
    paste(text) {
      tmux(["load-buffer", "-"], text);
      tmux(["paste-buffer", "-p"]);
    },
    resize: (x, y) => void tmux(["resize-window", "-x", String(x), "-y", String(y)]),
    [Symbol.dispose]: () => void spawnSync("tmux", ["-S", socket, "kill-server"]),
  };
}
